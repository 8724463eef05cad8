from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_save


class FormatsConfig(AppConfig):
    name = "formats"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from wagtail.models import Revision
        from wagtail.permissions import register_permission_policy

        from formats import choices, drift, keeping, signals
        from formats.models import Variant
        from formats.permissions import VariantPolicy
        from media import cleaning
        from work import jobs

        post_save.connect(signals.on_save, sender=Variant, dispatch_uid="variant_changed")
        post_save.connect(drift.on_revision, sender=Revision, dispatch_uid="formats.drift")
        jobs.register("choices that were never saved", every=timedelta(days=1), run=choices.prune)
        cleaning.register_keeper("variants", keeping.kept)
        register_permission_policy(Variant, VariantPolicy(Variant))
