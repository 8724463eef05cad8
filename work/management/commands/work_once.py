"""Work on everything that is due, in this process, and end: for scripts, tests and cron-only hosts."""

import time
from datetime import timedelta

from django.core.management.base import BaseCommand

from work.drain import drain, next_due


class Command(BaseCommand):
    help = "Works on all rows that are due, in this process, without a broker."

    def add_arguments(self, parser):
        parser.add_argument(
            "--until-idle",
            type=float,
            default=0,
            metavar="SECONDS",
            help="go on while a row becomes due within so many seconds",
        )

    def handle(self, *args, until_idle, **options):
        done = drain()
        while until_idle and (wait_s := next_due(within=timedelta(seconds=until_idle))) is not None:
            time.sleep(max(0.05, wait_s))
            done += drain()
        self.stdout.write(f"{done} rows worked on")
