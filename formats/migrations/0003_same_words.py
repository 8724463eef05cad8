from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import migrations, models

import formats.fields
from formats.core.sameness import digest


def fill(apps: Any, editor: Any) -> None:
    """By SQL: a model of the past does not know the blocks of its parts."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, parts FROM formats_variant")
        for pk, parts in cursor.fetchall():
            stream = json.loads(parts) if isinstance(parts, str) else parts or []
            words = digest((part.get("value") or {}).get("text") or "" for part in stream)
            cursor.execute("UPDATE formats_variant SET words_digest = %s WHERE id = %s", [words, pk])


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0001_initial'),
        ('formats', '0002_variant_options'),
        ('wagtailcore', '0098_apitoken'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='words_digest',
            field=models.CharField(blank=True, default='', editable=False, max_length=32),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='variant',
            name='planned_wall',
            field=formats.fields.WallTimeField(blank=True, db_index=True, null=True, verbose_name='planned time'),
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(fields=['campaign', 'words_digest'], name='variant_by_words'),
        ),
    ]
