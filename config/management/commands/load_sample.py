"""Load the sample campaign. Loading again adds nothing; it refuses in production, because its passwords are public."""

from django.core.management.base import BaseCommand, CommandError

from cms.sample import NotInProduction
from config import sample


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument(
            "--bare", action="store_true", help="campaigns, stories and people only: no channels, no variants"
        )

    def handle(self, *args, bare, **options):
        try:
            sample.load(lambda line: self.stdout.write(f"  {line}"), bare=bare)
        except NotInProduction as refused:
            raise CommandError(str(refused)) from refused
