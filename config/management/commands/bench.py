"""Measure ratios side by side in one run; print a table and write VAR/bench.json. Lower ratios are better.

Without names everything is measured, which takes the better part of an hour.
"""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import bench as site
from formats import bench as planning
from media import bench as rendering
from media import bench_cards as cards
from media import bench_figures as infographics
from media import bench_video as films
from publishing import bench as publishing

PARTS = {
    "pictures": lambda: [*rendering.measure(), *cards.measure()],
    "infographics": infographics.measure,
    "films": lambda: list(films.measure()),
    "cache": site.cache_hit,
    "planning": planning.measure,
    "calendar": site.pages,
    "conversations": site.conversations,
    "numbers": site.numbers,
    "publishing": publishing.measure,
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("part", nargs="*", help=f"only these: {', '.join(PARTS)}")

    def handle(self, *args, **options):
        if unknown := set(options["part"]) - PARTS.keys():
            raise CommandError(f"There is no {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
        rows = [row for name in options["part"] or PARTS for row in PARTS[name]()]
        settings.VAR.mkdir(parents=True, exist_ok=True)
        (settings.VAR / "bench.json").write_text(json.dumps(rows, indent=1))
        width = max(len(r["name"]) for r in rows)
        self.stdout.write(f"{'':<{width}}  {'ours':>12} {'baseline':>12} {'ratio':>7} {'goal':>6}")
        for r in rows:
            held = "" if None in (r["ratio"], r["goal"]) or r["ratio"] <= r["goal"] else "  above the goal"
            self.stdout.write(
                f"{r['name']:<{width}}  {r['ours']:>12,.4g} {r['baseline']:>12,.4g} {r['ratio']!s:>7} {r['goal']!s:>6}"
                f"  {r['unit']}{held}"
            )
