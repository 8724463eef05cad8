from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "media"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from datetime import timedelta

        from media import checks, cleaning, running, turns  # noqa: F401 - models are there only now
        from media.models import Render
        from work import jobs, sources

        sources.register(
            sources.Source(
                "renders",
                Render,
                running.run_render,
                queue=sources.MEDIA,
                lease_s=running.LEASE_S,
                order=turns.in_turn,
            )
        )
        jobs.register("media.cleaning", every=timedelta(hours=6), run=cleaning.clean)
