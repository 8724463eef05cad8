from django.db import migrations, models
from django.db.models import F

from community.migrations._pieces import AddOnce, pieces

NOBODYS_DECISION = (
    'It is no longer on the network.',
    'We deleted it under the moderation policy.',
    'This person is no longer answered.',
)


def decided(apps, schema_editor):
    """Whatever is at rest because somebody closed it; not what rests only as long as it is gone or unanswered."""
    rows = apps.get_model('community', 'Conversation').objects.filter(status__in=('closed', 'no_answer'))
    for piece in pieces(rows.exclude(reason__in=NOBODYS_DECISION)):
        piece.update(set_aside_at=F('closed_at'))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('community', '0014_words'),
    ]

    operations = [
        AddOnce(
            model_name='conversation',
            name='set_aside_at',
            field=models.DateTimeField(
                blank=True,
                help_text='when a person or a rule decided that what was read until then needs no answer',
                null=True,
            ),
        ),
        migrations.RunPython(decided, migrations.RunPython.noop),
    ]
