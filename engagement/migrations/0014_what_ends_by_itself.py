from datetime import timedelta

from django.db import migrations, models
from django.db.models import F

END = timedelta(days=29)
ON_X = ("clicks", "profile_visits")  # told for 30 days, as the network states


def what_x_tells_no_longer(apps, schema_editor):
    Oddity = apps.get_model("engagement", "Oddity")
    silent = Oddity.objects.filter(kind="silent", metric__in=ON_X, publication__channel__platform="x")
    silent.filter(at__gte=F("publication__published_at") + END).update(kind="ended")


def back(apps, schema_editor):
    apps.get_model("engagement", "Oddity").objects.filter(kind="ended").update(kind="silent")


class Migration(migrations.Migration):
    dependencies = [
        ("engagement", "0013_what_still_is_so"),
        ("publishing", "0007_when_it_went_out"),
    ]

    operations = [
        migrations.AlterField(
            model_name="oddity",
            name="kind",
            field=models.CharField(
                choices=[
                    ("correction", "A number went down"),
                    ("silent", "The network no longer tells a number"),
                    ("ended", "The network tells a number only up to this age"),
                    ("gap", "Nothing was read for a while"),
                    ("gone", "The network no longer shows the post"),
                    ("part", "The network no longer shows a part of the post"),
                    ("capped", "The campaign's limit for paid reads was reached"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveIndex(model_name="oddity", name="oddity_lasting"),
        migrations.AddIndex(
            model_name="oddity",
            index=models.Index(
                fields=["campaign", "kind", "metric", "before"],
                condition=models.Q(("until", None)),
                name="oddity_still",
            ),
        ),
        migrations.RunPython(what_x_tells_no_longer, back),
    ]
