from django.db import migrations

from community.migrations._pieces import pieces


def in_step(apps, schema_editor):
    """The question how our answer was is no answer, as those that are sent since are marked."""
    Answer, Message = apps.get_model("community", "Answer"), apps.get_model("community", "Message")
    asked = Answer.objects.filter(form_key__startswith="rating-", message__automatic=False)
    for piece in pieces(asked):
        Message.objects.filter(pk__in=list(piece.values_list("message", flat=True))).update(automatic=True)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('community', '0017_speaker'),
    ]

    operations = [
        migrations.RunPython(in_step, migrations.RunPython.noop),
    ]
