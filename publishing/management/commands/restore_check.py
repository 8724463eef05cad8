"""Is this database older than what was sent? Run it after a restore, before any worker is started."""

import getpass

from django.core.management.base import BaseCommand, CommandError

from publishing import marks, restore
from publishing.core.states import Reason, State
from publishing.models import Publication
from work.models import Finding


class Command(BaseCommand):
    help = (
        "Compares the database with what the workers marked as sent. With --accept the database counts as the truth from "
        "now on (after a restore that was wanted)."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--accept", action="store_true", help="a person has decided: go on with this database"
        )
        parser.add_argument("--by", default="", help="who decided, for the record (default: who runs this)")

    def handle(self, *args, accept, by, **options):
        agree, ahead = restore.compare()
        point = restore.restored_point()
        self.stdout.write(f"Last event in the database: {point.isoformat() if point else 'none'}")
        self.stdout.write(f"Marks that agree with it: {len(agree)}")
        for each in ahead:
            self.stdout.write(f"AHEAD: {each.source}, written {each.mark.at}: {each.why}")
        if not ahead:
            self._say_where_it_stands()
            return
        restore.guard()
        if not accept:
            raise CommandError(
                "The database is older than what was sent. Everything is paused, and every live publication waits. "
                "If a newer copy exists, restore that one. If not: restore_check --accept, then let the workers look "
                "each publication up."
            )
        era = restore.accept(by=by or getpass.getuser())
        self.stdout.write(f"Accepted: era {era} begins. The pause stays.")
        self._say_where_it_stands()

    def _say_where_it_stands(self):
        waiting = Publication.objects.filter(state=State.ATTENTION, reason=Reason.RESTORED).count()
        row = Finding.objects.filter(key=marks.KEY).first()
        if waiting:
            self.stdout.write(
                f"{waiting} publications wait to be looked up on their networks; the workers do it, each twice a minute "
                "apart. When none is left (or a person has decided the rest under “Needs attention”), end the pause."
            )
        elif row and row.data.get("accepted_at"):
            self.stdout.write(
                "Nothing waits to be looked up. If everything is still paused, end the pause now."
            )
        else:
            self.stdout.write("The database knows everything that was sent.")
