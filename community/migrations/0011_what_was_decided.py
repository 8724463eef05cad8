"""What is known of before: what nobody has read, and in which campaign it was decided to answer somebody no longer."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F, Q


def not_read_yet(apps, schema_editor):
    """When it was said stands for when we read it; and of whatever is due somebody is told half an hour before, as is usual."""
    rows = apps.get_model("community", "Conversation").objects
    rows.update(news_at=F("last_in_at"), warn_at=F("next_due_at") - timedelta(minutes=30))


def who_decided(apps, schema_editor):
    """A person was silenced in all campaigns; the log says which one had decided that."""
    Act, Mute = apps.get_model("community", "Act"), apps.get_model("community", "Mute")
    done = Q(action="mute", state="here") | Q(action="block", publication__state="published")
    acts = Act.objects.filter(done, undone_by=None, message__author__muted_at__isnull=False)
    for act in acts.select_related("message", "conversation").iterator():
        Mute.objects.create(
            contact_id=act.message.author_id,
            campaign_id=act.conversation.campaign_id,
            act_id=act.pk,
            at=act.at,
        )


class Migration(migrations.Migration):
    dependencies = [("community", "0010_who_waits")]

    operations = [
        migrations.RunPython(not_read_yet, migrations.RunPython.noop),
        migrations.RunPython(who_decided, migrations.RunPython.noop),
        # The column goes with a later release: until then workers of before may still write it.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("contact", "muted_at")],
        ),
    ]
