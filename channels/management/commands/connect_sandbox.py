from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from wagtail.models import Page

from channels.connect import ConnectFailed
from channels.sample import connect_all


class Command(BaseCommand):
    help = "Connect one account of each sandbox network to a campaign, through the same consent pages as in a browser."

    def add_arguments(self, parser):
        parser.add_argument("--campaign", type=int, required=True, help="page id of the campaign")
        parser.add_argument(
            "--by", default="", help="user name of who connects (default: the first administrator)"
        )

    def handle(self, *, campaign: int, by: str, **options):
        page = Page.objects.filter(pk=campaign).first()
        if page is None:
            raise CommandError(f"There is no page {campaign}.")
        users = get_user_model().objects.filter(is_active=True).order_by("pk")
        user = users.filter(username=by).first() if by else users.filter(is_superuser=True).first()
        if user is None:
            raise CommandError(
                f"There is no user {by!r}." if by else "There is no administrator; name one with --by."
            )
        try:
            channels = connect_all(page, by=user)
        except ConnectFailed as error:
            raise CommandError(str(error)) from error
        for channel in channels:
            self.stdout.write(f"{channel.platform}: {channel.handle} is connected to “{page.title}”")
