from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def set_aside(apps, schema_editor):
    """What rests because somebody closed it, and what has been emptied: what was read of it by then."""
    conversations = apps.get_model('community', 'Conversation').objects
    messages = apps.get_model('community', 'Message').objects.filter(direction='in', set_aside_at=None)
    for field in ('set_aside_at', 'emptied_at'):
        moment = Subquery(conversations.filter(pk=OuterRef('conversation')).values(field)[:1])
        read = messages.filter(**{f'conversation__{field}__gte': F('seen_at')})
        read.update(set_aside_at=moment)


def topic_of(name):
    return ' '.join(str(name).split()).casefold()[:80]


def same_topics(apps, schema_editor):
    """Topics are the same however they are written: those of before are written as new ones are."""
    for name in ('Conversation', 'Target', 'SavedReply', 'Pair'):
        rows = apps.get_model('community', name).objects.order_by()
        for topic in list(rows.exclude(topic='').values_list('topic', flat=True).distinct()):
            if topic_of(topic) != topic:
                rows.filter(topic=topic).update(topic=topic_of(topic))
    for name, field in (('Conversation', 'topics'), ('Settings', 'approve_topics')):
        rows = apps.get_model('community', name).objects.order_by()
        changed = {}
        for pk, topics in rows.exclude(**{field: []}).values_list('pk', field).iterator(chunk_size=5000):
            same = list(dict.fromkeys(map(topic_of, topics)))
            if same != topics:
                changed[pk] = same
        for pk, same in changed.items():
            rows.filter(pk=pk).update(**{field: same})
    for view in apps.get_model('community', 'View').objects.all():
        topic = view.filters.get('topic') or ''
        if topic_of(topic) != topic:
            view.filters['topic'] = topic_of(topic)
            view.save(update_fields=['filters'])


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0015_set_aside'),
    ]

    operations = [
        migrations.AlterField(
            model_name='conversation',
            name='set_aside_at',
            field=models.DateTimeField(
                blank=True,
                help_text='when a person or a rule decided that it needs no answer, as long as it rests for that',
                null=True,
            ),
        ),
        migrations.AddField(
            model_name='message',
            name='set_aside_at',
            field=models.DateTimeField(
                blank=True, help_text='when a person or a rule decided that it needs no answer', null=True
            ),
        ),
        migrations.AddField(
            model_name='message',
            name='again_aside_at',
            field=models.DateTimeField(
                blank=True,
                help_text='the same of what it says since it was changed after that',
                null=True,
            ),
        ),
        migrations.RunPython(set_aside, migrations.RunPython.noop),
        migrations.RunPython(same_topics, migrations.RunPython.noop),
    ]
