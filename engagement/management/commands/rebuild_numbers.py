"""Make standings and day figures anew from the snapshots. They come out the same unless a campaign's zone has changed."""

from django.core.management.base import BaseCommand

from engagement.rollups import rebuild
from publishing.models import Publication

AT_ONCE = 200


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--campaign", type=int, help="only this campaign's (page id)")

    def handle(self, *args, campaign=None, **options):
        rows = Publication.objects.filter(published_at__isnull=False).order_by("pk")
        if campaign is not None:
            rows = rows.filter(campaign=campaign)
        ids, made = list(rows.values_list("pk", flat=True)), 0
        for start in range(0, len(ids), AT_ONCE):
            chunk = Publication.objects.filter(pk__in=ids[start : start + AT_ONCE])
            made += rebuild(chunk.select_related("channel", "variant"))
        self.stdout.write(f"{made} rows of {len(ids)} publications.")
