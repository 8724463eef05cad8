"""Make standings and day figures anew from the snapshots, hashtags from what is out, and whose clicks on the site are."""

from django.core.management.base import BaseCommand

from cms.models import CampaignPage
from engagement import clicks, tags
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
        tags.rebuild_all(rows)
        for page in CampaignPage.objects.filter(pk__in=rows.values("campaign").distinct()):
            clicks.match_again(page)
        self.stdout.write(f"{made} rows of {publications} publications.")
