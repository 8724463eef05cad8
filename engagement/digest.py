"""The weekly mail about a campaign, for whoever asked for it: Monday at eight where they are, once.

Each choice is a due row: one worker claims it, mails, and sets it for the next Monday. What could not be mailed then is
mailed until Wednesday; after that the next mail and the person's account say that one is missing. The charts are drawn
there; without them nothing is missing from the mail.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from wagtail.users.models import UserProfile

from access.people import zone_of
from engagement.core import weeks
from engagement.core.weeks import Week
from engagement.models import DigestChoice
from engagement.reports import weekly
from engagement.reports.filters import Filters, Frame
from engagement.reports.report import Cell, Report, Table
from engagement.rollups import zones_of
from engagement.templatetags.numbers import written
from media import plotted
from media.errors import MediaError
from work import claim, clock

log = logging.getLogger(__name__)
SALT = "engagement.digest"
SUBJECT = "{campaign}: the week of {week} in numbers"
LOST = "The mail about the week of {week} may not have reached you. Its numbers are in the report:"


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


def first_of(person: Any) -> tuple[datetime, date]:
    """When a new choice mails first, and the Monday of the week before that, which counts as mailed: nothing is owed."""
    first = weeks.next_monday(clock.now().astimezone(zone_of(person)))
    return first.astimezone(UTC), weeks.last(first).before.monday


def send(row: DigestChoice) -> None:
    """Mail the week that is due, if it was not mailed yet and is over where the campaign is; set when to look again.

    Where the mail server refuses it this raises, and the row comes back within minutes. Where it gives no answer the mail
    may be on its way: it is not sent again, and the next one says that it may not have come.
    """
    person, now = row.user, clock.now()
    local = now.astimezone(zone_of(person))
    week, missed = weeks.due(local), _missed(row, local, now)
    if week is None or week.monday == row.mailed:
        _wait(row, weeks.next_look(local, row.mailed), missed)
        return
    if now < (over := _over(row.campaign_id, week)):
        _wait(row, over, missed)
        return
    if person.is_active and person.email:
        message = mail_of(person, row.campaign_id, week, now, missed=missed)
        if message is not None:
            missed = _send_once(row, message, week)
    _wait(row, weeks.next_monday(local), missed, mailed=week.monday)


def _send_once(row: DigestChoice, message: EmailMultiAlternatives, week: Week) -> date | None:
    """Send what is written down as sent before; returns what of it is not sure to have come, as ``missed``."""
    before = {"mailed": row.mailed, "missed": row.missed}
    claim.renew(row)  # drawing takes its time
    server = message.get_connection()
    server.open()
    claim.write(row, mailed=week.monday, missed=week.monday)
    try:
        message.send()
    except Exception as error:
        if not _may_be_out(error):
            claim.write(row, **before)
            raise
        log.warning("The mail about %s may not have reached person %s: %s", week.code, row.user_id, error)
        return week.monday
    finally:
        server.close()
    return None


def _may_be_out(error: Exception) -> bool:
    """Whether the server, once the connection stood, may have taken the mail: it gave no answer, or none that we got."""
    answered = isinstance(error, smtplib.SMTPException) and not isinstance(
        error, smtplib.SMTPServerDisconnected
    )
    return isinstance(error, OSError) and not answered


def moved(sender: Any, instance: UserProfile, **kwargs: Any) -> None:
    """A person's account was saved: where their clock is another one now, their mails are looked at anew at once."""
    if kwargs.get("raw"):
        return
    at, _ = first_of(instance.user)
    theirs = DigestChoice.objects.filter(user=instance.user_id).exclude(next_action_at=at)
    theirs.update(next_action_at=clock.now())


def _missed(row: DigestChoice, local: datetime, now: datetime) -> date | None:
    """The Monday of a week about which no mail came and none will, until a mail has said so."""
    lost = weeks.lost(local, row.mailed)
    if lost is None or lost.monday == row.missed:
        return row.missed
    report = report_for(row.user, row.campaign_id, lost, now)
    if report is None or report.empty:
        return row.missed  # there was nothing to say
    why = row.last_error or "no worker was there"
    log.error("The week %s of campaign %s was not mailed: %s", lost.code, row.campaign_id, why)
    return lost.monday


def _over(campaign: int, week: Week) -> datetime:
    """When the week ends on the campaign's own clock, by which its days are counted."""
    after = week.sunday + timedelta(days=1)
    return datetime.combine(after, time(), tzinfo=zones_of({campaign})[campaign]).astimezone(UTC)


def _wait(row: DigestChoice, until: datetime, missed: date | None, **fields: Any) -> None:
    until = until.astimezone(UTC)
    claim.release(row, next_action_at=until, missed=missed, tries=0, last_error="", **fields)


def mail_of(
    person: Any, campaign: int, week: Week, now: datetime, *, missed: date | None = None
) -> EmailMultiAlternatives | None:
    """None where there is nothing to say, or the person may not read it any more. ``missed``: say so of that week, too."""
    report = report_for(person, campaign, week, now)
    if report is None or report.empty:
        return None
    ticket = Ticket(person.pk, campaign)
    url, before = _address(campaign, week), Week(missed) if missed else None
    gap = {"words": LOST.format(week=before.words), "url": _address(campaign, before)} if before else None
    parts = [f"{gap['words']}\n{gap['url']}"] if gap else []
    parts += [as_text(report), f"The report:\n{url}", f"No more of these mails:\n{ticket.address}\n"]
    message = EmailMultiAlternatives(
        SUBJECT.format(campaign=report.title, week=week.words),
        "\n\n".join(parts),
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
    context["gap"] = gap
    message.attach_alternative(render_to_string("engagement/digest.html", context), "text/html")
    for name, (_, picture) in pictures.items():
        part = MIMEImage(picture)
        part.add_header("Content-ID", f"<{name}>")
        part.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        message.attach(part)
    if pictures:
        message.mixed_subtype = "related"
    return message


def _address(campaign: int, week: Week) -> str:
    """The report of a week."""
    path = f"{reverse('engagement:campaign')}?campaign={campaign}&from={week.monday}&to={week.sunday}"
    return settings.PUBLIC_URL + path


def report_for(person: Any, campaign: int, week: Week, now: datetime) -> Report | None:
    frame = Frame.of(person, Filters(campaign=campaign, first=week.monday, last=week.sunday), now)
    return weekly.build(frame, week) if frame.campaign else None


# As text and as HTML ----------------------------------------------------------------------------------------------
def as_text(report: Report) -> str:
    parts = ["\n".join(report.sentences)]
    parts += [
        "\n".join(filter(None, (table.title, table.note, table_as_text(table)))) for table in report.tables
    ]
    parts.append("A dash is not a zero: nobody told this number, or not in full yet.")
    return "\n\n".join(part for part in parts if part)


def table_as_text(table: Table) -> str:
    """One line for each row: its name, and each number with what it is. Reads well in any width, and aloud."""
    lines = []
    for line in table.lines:
        (_, first), *rest = line
        told = [f"{column.label} {_words(column.kind, cell.value)}{_noted(cell)}" for column, cell in rest]
        lines.append(f"- {_words(line[0][0].kind, first.value)}: {', '.join(told)}")
    return "\n".join(lines)


def _noted(cell: Cell) -> str:
    return f" ({cell.note})" if cell.note else ""


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
