"""How numbers are written in reports: a dash for what nobody knows, never a zero."""

from datetime import timedelta

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html

register = template.Library()
UNKNOWN = format_html(
    '<span class="report-unknown" title="{}">–</span>', "The network does not tell this number"
)


@register.filter
def value(values, name):
    found = values.get(name)
    return UNKNOWN if found is None else intcomma(round(found))


@register.filter
def percent(rates, base):
    found = rates.get(base)
    if found is None:
        return UNKNOWN
    note = f"{found.interactions} of {found.of:,} {base}"
    if found.missing:
        note += f"; {', '.join(found.missing)} not told"
    return format_html('<span title="{}">{}&nbsp;%</span>', note, f"{found.value:.1f}")


@register.filter
def told_by(coverage, name):
    known, of = coverage[name]
    return f"{known} of {of}"


@register.filter
def duration(age: timedelta) -> str:
    """The two largest units: “2 h 5 min”."""
    seconds = int(age.total_seconds())
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    words = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words[:2]) or "0 s"
