"""A new campaign has its team at once; a renamed one takes the team's name along.

What all stories of a campaign share (imprint, hashtags, look, whom they name) is compared with its variants when it changes.
"""

from cms import roles
from formats import drift


def campaign_saved(sender, instance, created, raw=False, **kwargs):
    if raw:
        return
    if created:
        roles.make_team(instance)
    else:
        roles.rename_team(instance)


def campaign_published(sender, instance, revision=None, **kwargs):
    drift.notice_campaign(instance.pk, by=revision.user if revision else None)


def account_changed(sender, instance, raw=False, **kwargs):
    if not raw:
        drift.notice_campaign(instance.campaign_id)


def campaign_deleted(sender, instance, **kwargs):
    roles.drop_team(instance)
