from django.db import migrations, models

SAID = "Its author has taken it back."


def say_what_is_known(apps, schema_editor):
    """It was written also where we had deleted the message ourselves; else nobody knows who took it away."""
    talks = apps.get_model("community", "Conversation").objects.filter(reason=SAID)
    ours = apps.get_model("community", "Act").objects.filter(
        action="delete_comment", publication__state="published"
    )
    talks.filter(pk__in=ours.values("conversation")).update(
        reason="We deleted it under the moderation policy."
    )
    talks.update(reason="It is no longer on the network.")


class Migration(migrations.Migration):
    dependencies = [("community", "0008_blocking")]

    operations = [
        migrations.AlterField(
            model_name="pull",
            name="pages",
            field=models.PositiveIntegerField(
                default=0, help_text="in a row that told nothing which this round had not told"
            ),
        ),
        migrations.RunPython(say_what_is_known, migrations.RunPython.noop),
    ]
