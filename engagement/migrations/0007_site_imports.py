"""Clicks belong to an import. Nothing has written the old table yet, so it is made anew instead of changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagement', '0006_keys'),
        ('formats', '0003_same_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name='SiteClicks'),
        migrations.CreateModel(
            name='SiteImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='of the file', max_length=200)),
                ('columns', models.JSONField(default=list, help_text='which of content, page and day tell its clicks apart')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='SiteClicks',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=60)),
                ('content', models.CharField(blank=True, default='', max_length=100)),
                ('page', models.CharField(blank=True, default='', help_text='path of the landing page', max_length=500)),
                ('day', models.DateField(blank=True, null=True)),
                ('clicks', models.PositiveBigIntegerField()),
                ('current', models.BooleanField(default=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('story', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='site_clicks', to=settings.WAGTAIL_PAGE_MODEL)),
                ('variant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='site_clicks', to='formats.variant')),
                ('site_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='engagement.siteimport')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'day'], name='clicks_by_campaign')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('current', True), ('day__isnull', False)), fields=('campaign', 'source', 'content', 'page', 'day'), name='clicks_once_a_day'), models.UniqueConstraint(condition=models.Q(('current', True), ('day', None)), fields=('campaign', 'source', 'content', 'page'), name='clicks_once_without_day')],
            },
        ),
    ]
