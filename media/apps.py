from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "media"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from media import cache, checks  # noqa: F401 - models are there only now
        from media.models import Render
        from work import sources

        sources.register(
            sources.Source("renders", Render, cache.run_render, queue=sources.MEDIA, lease_s=cache.LEASE_S)
        )
