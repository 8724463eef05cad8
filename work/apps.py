from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WorkConfig(AppConfig):
    name = "work"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from work import jobs, mailing, sources
        from work.models import Outbox, PeriodicJob

        sources.register(sources.Source("job", PeriodicJob, run=jobs.run_row, due=jobs.known, patient=True))
        long = {"run": jobs.run_row, "due": jobs.known_long, "lease_s": jobs.LONG_LEASE_S}
        sources.register(sources.Source("long job", PeriodicJob, **long, spare=True, at_once=1, patient=True))
        sources.register(sources.Source("outbox", Outbox, run=mailing.send_in_turn, at_once=1, patient=True))
        post_migrate.connect(make_job_rows, sender=self)


def make_job_rows(using="default", **kwargs):
    from work import jobs

    jobs.ensure_rows()
