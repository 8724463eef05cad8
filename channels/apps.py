from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from datetime import timedelta

        from channels import calls, webhooks, wire
        from channels.tokens import refresh_row
        from work import jobs, sources

        source = sources.Source(
            "credential", self.get_model("Credential"), run=refresh_row, steal=None, at_once=1
        )
        sources.register(source)
        hints = sources.Source(
            "hint", self.get_model("WebhookHint"), run=webhooks.run_row, at_once=1, patient=True
        )
        sources.register(hints)
        jobs.register("old webhook hints", every=timedelta(days=1), run=webhooks.prune)
        if calls.note not in wire.observers:
            wire.observers.append(calls.note)
