"""Make standings and day figures anew from the snapshots. They come out the same."""

from django.core.management.base import BaseCommand

from engagement.rollups import rebuild_all
from publishing.models import Publication


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--campaign", type=int, help="only this campaign's (page id)")

    def handle(self, *args, campaign=None, **options):
        rows = Publication.objects.filter(published_at__isnull=False)
        if campaign is not None:
            rows = rows.filter(campaign=campaign)
        made, publications = rebuild_all(rows)
        self.stdout.write(f"{made} rows of {publications} publications.")
