"""Start the process that does all background work: a Celery worker with our ticker in it."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Starts a worker: a Celery worker with the right options and the ticker inside."

    def add_arguments(self, parser):
        parser.add_argument("--queues", default="default,media", help="which queues it works on")
        parser.add_argument("--threads", type=int, default=settings.WORKER_THREADS)
        parser.add_argument(
            "--prefork", action="store_true", help="processes instead of threads: only for --queues media"
        )
        parser.add_argument("--loglevel", default=os.environ.get("LOG_LEVEL", "INFO"))

    def handle(self, *args, queues, threads, prefork, loglevel, **options):
        from celery.signals import worker_shutdown

        from config.celery import app

        ended: list[int | None] = []

        def keep_status(sender: Any, **kwargs: Any) -> None:
            ended.append(sender.exitcode)

        worker_shutdown.connect(keep_status, weak=False)
        app.worker_main(
            [
                "worker",
                f"--pool={'prefork' if prefork else 'threads'}",
                f"--concurrency={threads}",
                f"--queues={queues}",
                f"--loglevel={loglevel}",
                "--without-mingle",
                "--without-gossip",
                f"--hostname=hustings-{os.getpid()}@%h",
            ]
        )
        # Celery drops the status that its worker has ended with, and supervisors start again what has failed.
        sys.exit(next((status for status in reversed(ended) if status), 0))
