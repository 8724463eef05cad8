from django.db import migrations

from community.core import finding

BATCH = 500
SEARCHED = (('Message', ('text',)), ('Contact', ('name', 'handle')))


def fill(apps, schema_editor):
    """In pieces, each for itself: what was cut off goes on where it was, for what has its words is left alone."""
    for name, fields in SEARCHED:
        model = apps.get_model('community', name)
        last = 0
        while rows := list(model.objects.filter(pk__gt=last, words='').only('pk', *fields).order_by('pk')[:BATCH]):
            last = rows[-1].pk
            for row in rows:
                row.words = finding.indexed(*(getattr(row, field) for field in fields))
            model.objects.bulk_update([row for row in rows if row.words], ['words'])


def forget(apps, schema_editor):
    """On the way back: SQLite takes no column away that a trigger names. PostgreSQL's index goes with its column."""
    if schema_editor.connection.vendor != 'sqlite':
        return
    for table in ('community_message', 'community_contact'):
        for name in ('new', 'gone', 'changed'):
            schema_editor.execute(f'DROP TRIGGER IF EXISTS {table}_finding_{name}')
        schema_editor.execute(f'DROP TABLE IF EXISTS {table}_finding')


def main_languages(apps, schema_editor):
    """The list is filtered by the language, not by the country in which it is spoken (pt-BR is pt)."""
    rows = apps.get_model('community', 'Conversation').objects.filter(language__contains='-')
    for tag in set(rows.values_list('language', flat=True)):
        rows.filter(language=tag).update(language=tag.split('-')[0].lower())


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('community', '0013_finding'),
    ]

    operations = [
        migrations.RunPython(fill, forget),
        migrations.RunPython(main_languages, migrations.RunPython.noop),
    ]
