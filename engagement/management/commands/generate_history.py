"""Fill an empty database with an invented past, to measure reports on. The same seed gives the same numbers."""

import logging
import time

from django.core.management.base import BaseCommand, CommandError

from engagement.history import Size, make
from publishing.models import Publication
from work import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--channels", type=int, default=Size.channels)
        parser.add_argument("--publications", type=int, default=Size.publications)
        parser.add_argument("--snapshots", type=int, default=Size.snapshots)
        parser.add_argument("--seed", type=int, default=Size.seed)
        parser.add_argument(
            "--among-real", action="store_true", help="although the database has publications already"
        )

    def handle(self, *, channels, publications, snapshots, seed, among_real, **options):
        if min(channels, publications, snapshots) < 1 or snapshots < publications:
            raise CommandError("Ask for at least one channel, one publication and one snapshot of each.")
        if Publication.objects.exists() and not among_real:
            raise CommandError(
                "This database has publications. Invented numbers among real ones cannot be told apart in reports; "
                "use another database, or say --among-real."
            )
        logging.getLogger("wagtail").setLevel(logging.WARNING)  # a line for every page
        began = time.monotonic()
        made = make(Size(channels, publications, snapshots, seed), clock.now(), self.stdout.write)
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{made.publications} publications, {made.snapshots} snapshots and {made.rollups} rows for reports "
            f"in {seconds:.0f} s ({made.snapshots / max(seconds, 0.001):,.0f} snapshots a second)."
        )
