from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save, pre_delete


class ContentConfig(AppConfig):
    name = "cms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from datetime import timedelta

        from wagtail.models import Revision
        from wagtail.permissions import register_permission_policy
        from wagtail.signals import page_published
        from willow.registry import registry

        from cms import downloads, public_media, receivers, renditions  # models are there only now
        from cms.claims import reminders, uses
        from cms.claims.permissions import ClaimPolicy
        from cms.models import CampaignPage, Claim, KnownAccount, RegionMap
        from cms.people.permissions import AccountPolicy
        from formats import claims, files, signals
        from media import cleaning
        from work import jobs

        post_save.connect(receivers.campaign_saved, sender=CampaignPage, dispatch_uid="cms.campaign_saved")
        pre_delete.connect(
            receivers.campaign_deleted, sender=CampaignPage, dispatch_uid="cms.campaign_deleted"
        )
        page_published.connect(
            receivers.campaign_published, sender=CampaignPage, dispatch_uid="cms.campaign_published"
        )
        for signal in (post_save, post_delete):
            signal.connect(receivers.account_changed, sender=KnownAccount, dispatch_uid="cms.account_changed")
        registry.register_plugin(renditions)
        register_permission_policy(Claim, ClaimPolicy(Claim))
        register_permission_policy(KnownAccount, AccountPolicy(KnownAccount))
        register_permission_policy(RegionMap, AccountPolicy(RegionMap))
        claims.provide(uses.look_up)
        files.provide_copies(public_media.copies_of)
        signals.variant_changed.connect(uses.variant_changed, dispatch_uid="cms.claims")
        post_save.connect(uses.story_changed, sender=Revision, dispatch_uid="cms.claims")
        cleaning.register_keeper("infographics", downloads.kept)
        cleaning.register_keeper("videos for the public", public_media.kept)
        jobs.register("claims that expire soon", every=timedelta(hours=6), run=reminders.remind)
