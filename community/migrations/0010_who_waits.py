"""Who waits is known by person: mutes by campaign, what an answer's writer knew, when news was read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0009_who_took_it_away'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='burst',
            name='heard_at',
            field=models.DateTimeField(blank=True, help_text='when we last read one of it', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='due_since',
            field=models.DateTimeField(blank=True, help_text='the wait that the due time is of', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='news_at',
            field=models.DateTimeField(blank=True, help_text='when we last read something new of other people', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='topics',
            field=models.JSONField(blank=True, default=list, help_text='all that those who wait write about'),
        ),
        migrations.AddField(
            model_name='conversation',
            name='waiting_known_at',
            field=models.DateTimeField(blank=True, help_text='when we first read that', null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='warn_at',
            field=models.DateTimeField(blank=True, help_text='when more people are to be told', null=True),
        ),
        migrations.AddIndex(
            model_name='conversation',
            index=models.Index(condition=models.Q(('escalated_at', None)), fields=['warn_at'], name='conversation_to_warn'),
        ),
        migrations.AddField(
            model_name='message',
            name='knew_at',
            field=models.DateTimeField(blank=True, help_text='of an answer from here: what was read until then was known', null=True),
        ),
        migrations.AddField(
            model_name='miss',
            name='since',
            field=models.DateTimeField(blank=True, help_text='the wait that was missed', null=True),
        ),
        migrations.AlterField(
            model_name='conversation',
            name='suggested',
            field=models.JSONField(blank=True, default=dict, help_text='field → {value, why, rule} of the machine'),
        ),
        migrations.AlterField(
            model_name='conversation',
            name='waiting_since',
            field=models.DateTimeField(blank=True, help_text='the first message of others that no answer of ours was for', null=True),
        ),
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('act', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mute', to='community.act')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to='community.contact')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'contact'], name='mute_by_campaign')],
            },
        ),
    ]
