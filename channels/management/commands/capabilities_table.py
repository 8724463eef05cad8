from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels.capabilities import put_into, table
from channels.connectors.registry import CONNECTORS


class Command(BaseCommand):
    help = (
        "Print what each network lets us do, as in docs/networks.md; --write puts it there, --check compares."
    )

    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--write", action="store_true", help="write it into docs/networks.md")
        parser.add_argument("--check", action="store_true", help="fail when docs/networks.md is not in step")

    def handle(self, *, write: bool, check: bool, **options):
        page = Path(settings.BASE_DIR) / "docs" / "networks.md"
        made = table(CONNECTORS)
        if not write and not check:
            self.stdout.write(made)
            return
        now = page.read_text()
        fresh = put_into(now, made)
        if check and fresh != now:
            raise CommandError("docs/networks.md is not in step: run manage.py capabilities_table --write.")
        if write:
            page.write_text(fresh)
