from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels import capabilities
from channels.connectors.registry import CONNECTORS
from formats.made import media_of


class Command(BaseCommand):
    help = (
        "Print what each network lets us do, as in docs/networks.md; --write puts it there and into the set-up "
        "guides, --check compares."
    )

    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--write", action="store_true", help="write it into docs/")
        parser.add_argument("--check", action="store_true", help="fail when docs/ is not in step")

    def handle(self, *, write: bool, check: bool, **options):
        if not write and not check:
            self.stdout.write(capabilities.table(CONNECTORS, media_of))
            return
        for page, fresh in pages(Path(settings.BASE_DIR) / "docs").items():
            if check and fresh != page.read_text():
                raise CommandError(
                    f"docs/{page.name} is not in step: run manage.py capabilities_table --write."
                )
            if write:
                page.write_text(fresh)


def pages(docs: Path) -> dict[Path, str]:
    """The pages that say what networks let us do, as they should be: the table, and a sentence in each guide."""
    table = capabilities.table(CONNECTORS, media_of)
    found = {docs / "networks.md": capabilities.put_into((docs / "networks.md").read_text(), table)}
    for connector in CONNECTORS:
        guide = docs / f"connect-{connector.platform}.md"
        said = capabilities.carried(connector, media_of(connector.platform))
        found[guide] = capabilities.put_into(guide.read_text(), said, capabilities.GUIDE)
    return found
