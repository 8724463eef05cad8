from django.db import migrations

from media.plans import content_key


def fill(apps, schema_editor):
    """What was made before this column is known by its plan too, so that it stands until it is made anew."""
    render = apps.get_model("media", "Render")
    rows = []
    for row in render.objects.filter(content="").only("pk", "plan").iterator(chunk_size=500):
        row.content = content_key(row.plan)
        rows.append(row)
        if len(rows) == 500:
            render.objects.bulk_update(rows, ["content"])
            rows.clear()
    render.objects.bulk_update(rows, ["content"])


class Migration(migrations.Migration):
    dependencies = [("media", "0008_wanted_framed_and_known_by_content")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
