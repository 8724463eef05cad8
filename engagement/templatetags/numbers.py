"""How numbers are written in reports: a dash for what nobody knows, never a zero."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from engagement.core import numerals
from engagement.reports.report import Cell, Column
from formats.registry import FORMATS

register = template.Library()
UNKNOWN = format_html(
    '<span class="report-unknown"><span aria-hidden="true">–</span><span class="w-sr-only">{}</span></span>',
    "not told",
)


@register.simple_tag
def shown(column: Column, cell: Cell) -> str:
    """One value as its column writes it. Moments are in the reader's zone; numbers keep what they carry."""
    if cell.value is None:
        return UNKNOWN
    words = written(column.kind, cell.value)
    return f"between {words} and {written(column.kind, cell.until)}" if cell.until else words


def written(kind: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    match kind:
        case "percent":
            return f"{numerals.short(value)}\u00a0%"
        case "times":
            return f"{numerals.short(value)}\u00a0×"
        case "seconds":
            return f"{numerals.short(value)}\u00a0s"
        case "decimal":
            return numerals.decimal(value)
        case "day":
            return date_format(value, "j M Y")
        case "moment":
            return date_format(timezone.localtime(value), "j M Y, H:i")
        case "number":
            return numerals.whole(value)
    return str(value)


@register.filter
def platform_label(code: str) -> str:
    return FORMATS.platform_label(code)
