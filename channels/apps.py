from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from channels.tokens import refresh_row
        from work import sources

        source = sources.Source("credential", self.get_model("Credential"), run=refresh_row, steal=None)
        sources.register(source)
