from django.apps import AppConfig


class EditorialConfig(AppConfig):
    """The editorial calendar. Its label is ``calendar``; its package is not, see ``config/__init__.py``."""

    name = "editorial"
    label = "calendar"
    verbose_name = "Calendar"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datetime import timedelta

        from django.db.models.signals import post_save
        from wagtail.models import ModelLogEntry

        from access.models import CampaignRole
        from channels import rhythm
        from cms.claims import outlets as claim_outlets
        from editorial import signals, slots
        from editorial.claims import gate, notices, outlets
        from editorial.domain import approval, deadlines, digest, planning, quiet
        from editorial.domain import notices as tellings
        from editorial.guests import limit
        from formats import planning as editor
        from formats.signals import variant_changed, variant_drifted, variant_moved
        from publishing import gates
        from publishing.models import Version
        from work import jobs

        rhythm.keep_by(slots.slots_of, slots.add)
        gates.register(quiet.hold)
        gates.register(gate.hold)
        gates.register_mover(approval.why_not_moved)
        post_save.connect(gate.keep_claims, sender=Version, dispatch_uid="editorial.claims")
        claim_outlets.provide(outlets.provide)
        variant_drifted.connect(notices.tell_drift, dispatch_uid="editorial.drift")
        jobs.register("posts held back by claims", every=timedelta(minutes=15), run=notices.tell_expired)
        variant_changed.connect(signals.tell_lost_approval, dispatch_uid="editorial.lost_approval")
        editor.register(planning.why_not_then)
        variant_moved.connect(signals.log_move, dispatch_uid="editorial.moved_in_editor")
        post_save.connect(signals.give_workflow, sender=CampaignRole, dispatch_uid="editorial.give_workflow")
        post_save.connect(signals.tell_moved, sender=ModelLogEntry, dispatch_uid="editorial.moved")
        tellings.announce()
        jobs.register("approval dates", every=timedelta(minutes=5), run=deadlines.run)
        jobs.register("morning mails", every=timedelta(minutes=15), run=digest.run)
        jobs.register("tries with links", every=timedelta(days=1), run=limit.forget)
        signals.replace_mails()
