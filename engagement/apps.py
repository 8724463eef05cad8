from datetime import timedelta

from django.apps import AppConfig


class EngagementConfig(AppConfig):
    name = "engagement"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from engagement import pull
        from engagement.models import MetricPull
        from publishing import signals
        from work import jobs, sources

        signals.published.connect(pull.went_out, dispatch_uid="engagement.went_out")
        sources.register(sources.Source("metrics", MetricPull, run=pull.pull))
        jobs.register("followers", every=timedelta(days=1), run=pull.refresh_followers)
