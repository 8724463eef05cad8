"""Check the chain of hashes over the events of every publication."""

from django.core.management.base import BaseCommand, CommandError

from publishing import chains
from publishing.models import Event


class Command(BaseCommand):
    help = "Checks that no event was changed around the database's refusal."

    def handle(self, *args, **options):
        broken = list(chains.broken())
        for pk, seq in broken:
            self.stderr.write(f"publication {pk}: event {seq} does not fit the one before it")
        chains.check()
        if broken:
            raise CommandError(f"{len(broken)} chains are broken")
        self.stdout.write(f"{Event.objects.count()} events, every chain is whole")
