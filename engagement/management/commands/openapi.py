from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from engagement.api import openapi


class Command(BaseCommand):
    help = "Print the OpenAPI description of the interface; --write puts it into docs/api.json, --check compares."

    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--write", action="store_true", help="write it into docs/api.json")
        parser.add_argument("--check", action="store_true", help="fail when docs/api.json is not in step")

    def handle(self, *, write: bool, check: bool, **options):
        path = Path(settings.BASE_DIR) / "docs" / "api.json"
        made = openapi.text()
        if check and (not path.is_file() or path.read_text() != made):
            raise CommandError("docs/api.json is not in step: run manage.py openapi --write.")
        if write:
            path.write_text(made)
        elif not check:
            self.stdout.write(made)
