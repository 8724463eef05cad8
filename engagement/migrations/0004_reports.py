import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_tags(apps, schema_editor):
    """The hashtags of what is out already, as engagement.core.tags finds them of each post from now on."""
    from engagement.core.tags import of_payload

    TagUse = apps.get_model("engagement", "TagUse")
    out = apps.get_model("publishing", "Publication").objects.filter(published_at__isnull=False)
    found = []
    for pk, payload in out.values_list("pk", "version__payload").iterator(chunk_size=500):
        found += [TagUse(publication_id=pk, tag=t, written=w) for t, w in of_payload(payload).items()]
        if len(found) > 2000:
            TagUse.objects.bulk_create(found, ignore_conflicts=True)
            found = []
    TagUse.objects.bulk_create(found, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('engagement', '0003_pulling'),
        ('formats', '0003_same_words'),
        ('publishing', '0003_version_approved_as'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DigestChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'campaign'), name='one_digest_choice')],
            },
        ),
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('impressions', 'Impressions'), ('views', 'Views'), ('likes', 'Likes'), ('comments', 'Comments'), ('shares', 'Shares'), ('saves', 'Saves'), ('clicks', 'Clicks'), ('watch_time_s', 'Watch time'), ('follows', 'Follows'), ('profile_visits', 'Profile visits')], max_length=20)),
                ('target', models.PositiveBigIntegerField()),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='by')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='goals', to=settings.WAGTAIL_PAGE_MODEL)),
            ],
            options={
                'ordering': ['metric'],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'metric'), name='one_goal_per_metric'), models.CheckConstraint(condition=models.Q(('target__gt', 0)), name='goal_is_something')],
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
                ('imported_at', models.DateTimeField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('imported_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('variant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='site_clicks', to='formats.variant')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'day'], name='clicks_by_campaign')],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'source', 'content', 'page', 'day'), name='clicks_once_a_day'), models.UniqueConstraint(condition=models.Q(('day', None)), fields=('campaign', 'source', 'content', 'page'), name='clicks_once_without_day')],
            },
        ),
        migrations.CreateModel(
            name='TagUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(db_index=True, max_length=100)),
                ('written', models.CharField(max_length=100)),
                ('publication', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='publishing.publication')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('publication', 'tag'), name='one_use_per_tag')],
            },
        ),
        migrations.RunPython(keep_tags, migrations.RunPython.noop),
    ]
