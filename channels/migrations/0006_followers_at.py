from django.db import migrations, models
from django.db.models import F


def as_checked(apps, schema_editor):
    """Until now every check counted as told."""
    apps.get_model("channels", "Channel").objects.update(followers_at=F("checked_at"))


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_opt_outs")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="followers_at",
            field=models.DateTimeField(
                blank=True,
                help_text="when the network last told them; a check that it refused tells nothing",
                null=True,
            ),
        ),
        migrations.RunPython(as_checked, migrations.RunPython.noop),
    ]
