"""Make anew what conversations are searched by: the words of all messages and people, then the index.

Needed when what counts as a word has changed; the notes of a release say so. It works in small pieces, may run while
messages arrive, may be cut off and begun again, and changes nothing where all is well.
"""

from django.core.management.base import BaseCommand

from community import search


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        changed = sum(search.rebuild())
        search.ensure()
        self.stdout.write(f"{changed} rows had other words.")
