from datetime import timedelta

from django.apps import AppConfig


class EngagementConfig(AppConfig):
    name = "engagement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from django.db.models.signals import post_save
        from wagtail.users.models import UserProfile

        from channels.signals import channel_checked
        from cms.models import CampaignPage
        from engagement import accounts, digest, pull, retention, rollups, tags
        from engagement.models import DigestChoice, MetricPull
        from publishing import signals
        from work import jobs, sources

        signals.published.connect(pull.went_out, dispatch_uid="engagement.went_out")
        signals.published.connect(tags.went_out, dispatch_uid="engagement.tags")
        signals.commented.connect(tags.went_out, dispatch_uid="engagement.tags_of_comments")
        channel_checked.connect(accounts.checked, dispatch_uid="engagement.checked")
        post_save.connect(pull.limit_saved, sender=CampaignPage, dispatch_uid="engagement.limit_saved")
        post_save.connect(digest.moved, sender=UserProfile, dispatch_uid="engagement.moved")
        # Numbers wait for posts: handed out after them, and one thread of a process at most.
        sources.register(
            sources.Source("metrics", MetricPull, run=pull.pull, at_once=1, patient=True, spare=True)
        )
        jobs.register(
            "followers", every=timedelta(hours=3), run=pull.refresh_followers, long=True
        )  # each once a day
        jobs.register(
            "days of another zone", every=timedelta(minutes=10), run=rollups.follow_zones, long=True
        )
        jobs.register("old numbers", every=timedelta(hours=6), run=retention.thin, long=True)
        sources.register(
            sources.Source(
                "weekly numbers", DigestChoice, run=digest.send, at_once=1, patient=True, spare=True
            )
        )
