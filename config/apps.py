from django.apps import AppConfig


class HustingsConfig(AppConfig):
    """Templates, static files and admin-wide parts that belong to no single house."""

    name = "config"
    label = "hustings"

    def ready(self):
        from django.core import checks

        from config import celery_checks, database_checks, watch

        checks.register(celery_checks.check)
        checks.register(database_checks.check)
        watch.register()
