from django.db import migrations
from django.db.models import Exists, OuterRef


def in_step(apps, schema_editor):
    """The question how our answer was is no answer, as those that are sent since are marked."""
    Answer, Message = apps.get_model("community", "Answer"), apps.get_model("community", "Message")
    asked = Answer.objects.filter(message=OuterRef("pk"), form_key__startswith="rating-")
    Message.objects.filter(Exists(asked), automatic=False).update(automatic=True)


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0017_speaker'),
    ]

    operations = [
        migrations.RunPython(in_step, migrations.RunPython.noop),
    ]
