"""Print the table of platforms, formats and limits; with ``--write`` bring docs/formats.md up to it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from formats import table


class Command(BaseCommand):
    help = "Print platforms × formats × limits with sources and dates, as Markdown."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="put it into docs/formats.md")

    def handle(self, *, write: bool, **options: Any) -> None:
        if not write:
            self.stdout.write(table.markdown())
            return
        document = settings.BASE_DIR / "docs" / "formats.md"
        document.write_text(table.placed(document.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(f"{document} is up to date.")
