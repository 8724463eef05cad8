"""The weekly mail about a campaign, for whoever asked for it: Monday at eight where they are, once.

Each choice is a due row: one worker claims it, mails, and sets it for the next Monday. The charts are drawn there; without
them nothing is missing from the mail.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from access.people import zone_of
from engagement.core import weeks
from engagement.core.weeks import Week
from engagement.models import DigestChoice
from engagement.reports import weekly
from engagement.reports.filters import Filters, Frame
from engagement.reports.report import Report, Table
from engagement.templatetags.numbers import written
from media import plotted
from media.errors import MediaError
from work import claim, clock

log = logging.getLogger(__name__)
SALT = "engagement.digest"
SUBJECT = "{campaign}: the week of {week} in numbers"


@dataclass(frozen=True)
class Ticket:
    """What an address in the mail may do: end this one mail for this one person."""

    user: int
    campaign: int

    @property
    def token(self) -> str:
        return signing.Signer(salt=SALT).sign_object([self.user, self.campaign])

    @property
    def address(self) -> str:
        return settings.PUBLIC_URL + reverse("digest_off", args=[self.token])

    @classmethod
    def of(cls, token: str) -> Ticket:
        """Raises signing.BadSignature. Tickets do not age: an old mail must still be able to end them."""
        return cls(*signing.Signer(salt=SALT).unsign_object(token))


def next_at(person: Any) -> datetime:
    return weeks.next_at(clock.now().astimezone(zone_of(person))).astimezone(UTC)


def send(row: DigestChoice) -> None:
    """Mail the week that is due, if it was not mailed yet, and wait for the next Monday.

    Where the mail server fails this raises, and the row comes back the same day; on the next day the week is let go.
    """
    person, now = row.user, clock.now()
    week = weeks.due(now.astimezone(zone_of(person)))
    if week and row.mailed != week.monday and person.is_active and person.email:
        message = mail_of(person, row.campaign_id, week, now)
        if message is not None:
            message.send()
    mailed = week.monday if week else row.mailed
    claim.release(row, next_action_at=next_at(person), mailed=mailed, tries=0, last_error="")


def mail_of(person: Any, campaign: int, week: Week, now: datetime) -> EmailMultiAlternatives | None:
    """None where there is nothing to say, or the person may not read it any more."""
    report = report_for(person, campaign, week, now)
    if report is None or report.empty:
        return None
    ticket = Ticket(person.pk, campaign)
    path = f"{reverse('engagement:campaign')}?campaign={campaign}&from={week.monday}&to={week.sunday}"
    url = settings.PUBLIC_URL + path
    message = EmailMultiAlternatives(
        SUBJECT.format(campaign=report.title, week=week.words),
        f"{as_text(report)}\n\nThe report:\n{url}\n\nNo more of these mails:\n{ticket.address}\n",
        settings.DEFAULT_FROM_EMAIL,
        [person.email],
        headers={
            "Message-ID": f"<numbers.{campaign}.{week.code}.{person.pk}@hustings>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{ticket.address}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    pictures = drawn(report, plotted.png)
    titles = {name: title for name, (title, _) in pictures.items()}
    context = {"report": report, "week": week, "pictures": titles, "url": url, "off": ticket.address}
    message.attach_alternative(render_to_string("engagement/digest.html", context), "text/html")
    for name, (_, picture) in pictures.items():
        part = MIMEImage(picture)
        part.add_header("Content-ID", f"<{name}>")
        part.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        message.attach(part)
    if pictures:
        message.mixed_subtype = "related"
    return message


def report_for(person: Any, campaign: int, week: Week, now: datetime) -> Report | None:
    frame = Frame.of(person, Filters(campaign=campaign, first=week.monday, last=week.sunday), now)
    return weekly.build(frame, week) if frame.campaign else None


# As text and as HTML ----------------------------------------------------------------------------------------------
def as_text(report: Report) -> str:
    parts = ["\n".join(report.sentences)]
    parts += [
        "\n".join(filter(None, (table.title, table.note, table_as_text(table)))) for table in report.tables
    ]
    parts.append("A dash is not a zero: nobody told this number.")
    return "\n\n".join(part for part in parts if part)


def table_as_text(table: Table) -> str:
    """One line for each row: its name, and each number with what it is. Reads well in any width, and aloud."""
    lines = []
    for line in table.lines:
        (_, first), *rest = line
        told = [f"{column.label} {_words(column.kind, cell.value)}" for column, cell in rest]
        lines.append(f"- {_words(line[0][0].kind, first.value)}: {', '.join(told)}")
    return "\n".join(lines)


def _words(kind: str, value: Any) -> str:
    return "–" if value is None else written(kind, value)


def drawn(report: Report, draw: Callable[[Any], bytes]) -> dict[str, tuple[str, bytes]]:
    """Content id to title and PNG."""
    found = {}
    for number, chart in enumerate(report.charts, 1):
        try:
            found[f"chart{number}"] = (chart.title, draw(weekly.spec(chart)))
        except MediaError as error:
            log.warning("A chart of a digest was left out: %s", error)
    return found
