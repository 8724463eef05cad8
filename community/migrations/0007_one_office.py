"""One row of office hours per place. Of those that were kept twice the newest stays: it was saved last."""

from django.db import migrations, models
from django.db.models import Q


def merge(apps, schema_editor):
    seen = set()
    offices = apps.get_model("community", "Office")
    for row in offices.objects.order_by("-pk"):
        place = (row.campaign_id, row.channel_id)
        if place in seen:
            row.delete()
        seen.add(place)


class Migration(migrations.Migration):
    dependencies = [("community", "0006_voice")]

    operations = [
        migrations.RunPython(merge, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="office",
            constraint=models.UniqueConstraint(
                condition=Q(("channel", None)), fields=("campaign",), name="one_office_of_campaign"
            ),
        ),
        migrations.AddConstraint(
            model_name="office",
            constraint=models.UniqueConstraint(
                condition=Q(("campaign", None)), fields=("channel",), name="one_office_of_account"
            ),
        ),
    ]
