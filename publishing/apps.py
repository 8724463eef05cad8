from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from datetime import timedelta

        from django.conf import settings
        from django.core import checks
        from django.db.models import Q

        from channels.signals import channel_told, message_arrived
        from formats import signals, status, workflow
        from media import cleaning
        from publishing import keeping
        from publishing.checks import check_waits
        from publishing.domain import (
            approve,
            arrivals,
            echo,
            mending,
            people,
            reminders,
            run,
            sweep,
            void,
            zones,
        )
        from publishing.models import Publication
        from publishing.signals import published
        from publishing.status import status_of as words_of
        from work import jobs, sources

        def freeze(variant, *, by):
            approve.approve_variant(variant, by=by)

        def settle(sender, *, channel, post_id, **kwargs):
            echo.heard(channel, post_id)

        def arrived(sender, *, channel, arrival, **kwargs):
            arrivals.heard(channel, arrival)

        checks.register(check_waits)
        channel_told.connect(settle, weak=False, dispatch_uid="publishing.echo")
        published.connect(mending.went_out, dispatch_uid="publishing.mending")
        message_arrived.connect(arrived, weak=False, dispatch_uid="publishing.arrivals")
        people.announce()
        workflow.on_approved.append(freeze)
        status.provide(words_of)
        signals.variant_changed.connect(void.void_if_changed, dispatch_uid="publishing.void")
        jobs.register("publishing.reminders", every=timedelta(minutes=1), run=reminders.run)
        jobs.register("publishing.sweep", every=timedelta(minutes=1), run=sweep.sweep)
        jobs.register("publishing.zones", every=timedelta(days=1), run=zones.resolve_again)
        cleaning.register_keeper("versions", keeping.kept)
        sources.register(
            sources.Source(
                "publication",
                Publication,
                run=run.run,
                lease_s=lambda: settings.PUBLISHING["lease_s"],
                steal=Q(intent_open=False),
            )
        )
