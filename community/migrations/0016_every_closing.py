from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery

from community.migrations._pieces import AddOnce, pieces


def set_aside(apps, schema_editor):
    """What rests because somebody closed it, and what has been emptied: what was read of it by then."""
    conversations = apps.get_model('community', 'Conversation').objects
    messages = apps.get_model('community', 'Message').objects.filter(direction='in', set_aside_at=None)
    for piece in pieces(messages):
        for field in ('set_aside_at', 'emptied_at'):
            moment = Subquery(conversations.filter(pk=OuterRef('conversation')).values(field)[:1])
            piece.filter(**{f'conversation__{field}__gte': F('seen_at')}).update(set_aside_at=moment)


def topic_of(name):
    return ' '.join(str(name).split()).casefold()[:80]


def same_topics(apps, schema_editor):
    """Topics are the same however they are written: those of before are written as new ones are."""
    for name in ('Conversation', 'Target', 'SavedReply', 'Pair'):
        _rewrite(apps.get_model('community', name), 'topic', topic_of)
    for name, field in (('Conversation', 'topics'), ('Settings', 'approve_topics')):
        _rewrite(apps.get_model('community', name), field, lambda names: list(dict.fromkeys(map(topic_of, names))))
    for view in apps.get_model('community', 'View').objects.all():
        topic = view.filters.get('topic') or ''
        if topic_of(topic) != topic:
            view.filters['topic'] = topic_of(topic)
            view.save(update_fields=['filters'])


def _rewrite(model, field, same):
    for piece in pieces(model.objects.all()):
        found = {}
        for pk, value in piece.values_list('pk', field):
            if same(value) != value:
                found.setdefault(repr(same(value)), (same(value), []))[1].append(pk)
        for value, pks in found.values():
            model.objects.filter(pk__in=pks).update(**{field: value})


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('community', '0015_set_aside'),
    ]

    operations = [
        migrations.AlterField(
            model_name='conversation',
            name='set_aside_at',
            field=models.DateTimeField(
                blank=True,
                help_text='when a person or a rule decided that it needs no answer, as long as it rests for that',
                null=True,
            ),
        ),
        AddOnce(
            model_name='message',
            name='set_aside_at',
            field=models.DateTimeField(
                blank=True, help_text='when a person or a rule decided that it needs no answer', null=True
            ),
        ),
        AddOnce(
            model_name='message',
            name='again_aside_at',
            field=models.DateTimeField(
                blank=True,
                help_text='the same of what it says since it was changed after that',
                null=True,
            ),
        ),
        migrations.RunPython(set_aside, migrations.RunPython.noop),
        migrations.RunPython(same_topics, migrations.RunPython.noop),
    ]
