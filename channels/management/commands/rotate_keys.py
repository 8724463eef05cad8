from django.core.management.base import BaseCommand, CommandError

from channels.crypto import encrypted_fields, old_rows, rotate


class Command(BaseCommand):
    help = (
        "Put every stored secret under the newest key of HUSTINGS_KEYS. Put the new key first, run this, then take "
        "the old one away. Can be stopped and repeated at any time, while everything runs."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="change nothing; fail while old rows remain")

    def handle(self, *, check: bool, **options):
        waiting = 0
        for field in encrypted_fields():
            name = f"{field.model._meta.label}.{field.name}"
            if check:
                old = sum(1 for _ in old_rows(field))
                self.stdout.write(f"{name}: {old} under an older key")
                waiting += old
                continue
            done, left = rotate(field)
            waiting += left
            self.stdout.write(f"{name}: {done} put under the newest key")
            if left:
                self.stderr.write(f"{name}: {left} cannot be opened with any key; reconnect these accounts")
        if waiting:
            raise CommandError(f"{waiting} not under the newest key.")
