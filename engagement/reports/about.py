"""What a report is about, in one sentence and in a file's name: a sheet of paper has no filters beside it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.text import slugify

from channels.models import Channel
from engagement.reports.filters import BEGINNING, Frame, language_name
from engagement.reports.posts import format_label
from engagement.reports.report import account_name
from formats.registry import FORMATS

NAMED = 5
LONGEST_NAME = 150


def sentence(frame: Frame, has: Container[str]) -> str:
    """Campaign, account and what else is chosen, and the days. ``has``: the filters that this report follows."""
    words = [_campaigns(frame), *_chosen(frame, has), _days(frame)]
    return f"{'; '.join(word for word in words if word)}."


def made_up(frame: Frame) -> list[str]:
    """That there are numbers of the sandbox among these, and of which accounts."""
    chosen = frame.filters
    accounts = [frame.channel] if frame.channel else frame.offered_channels()
    accounts = [each for each in accounts if chosen.platform in ("", each.platform)]
    return words_of_sandbox(accounts)


def words_of_sandbox(accounts: Sequence[Channel]) -> list[str]:
    made = [each.handle for each in accounts if each.sandbox]
    if not made:
        return []
    if len(made) == len(accounts):
        return ["Sandbox: all these numbers are made up, for trying things out."]
    more = f" and {len(made) - NAMED:,} more" if len(made) > NAMED else ""
    return [f"Sandbox: the numbers of {', '.join(made[:NAMED])}{more} are made up, for trying things out."]


def of_story(campaigns: Iterable[str], first: datetime, last: datetime) -> str:
    """What a story's report is about, in a sentence."""
    names = ", ".join(dict.fromkeys(campaigns))
    days = [_day(timezone.localtime(at).date()) for at in (first, last)]
    return f"Campaign {names}; went out {' to '.join(dict.fromkeys(days))}."


def file_name(title: str, frame: Frame, has: Container[str]) -> str:
    """Without its ending."""
    campaign = frame.campaign.title if frame.campaign and frame.campaign.title not in title else ""
    first, last = frame.days()
    days = f"until {last}" if first == BEGINNING else f"{first} {last}"
    words = [campaign, *(name for name in _chosen(frame, has) if name not in title), days]
    return slugify(" ".join([title, *words]))[:LONGEST_NAME].strip("-")


def _campaigns(frame: Frame) -> str:
    page = frame.campaign
    if page is None and frame.channel:
        page = frame.campaigns.get(frame.channel.campaign_id)
    if page is not None:
        return f"Campaign {page.title}"
    titles = [page.title for page in frame.campaigns.values()]
    if len(titles) > NAMED:
        return f"{len(titles):,} campaigns, {', '.join(titles[:NAMED])} and {len(titles) - NAMED:,} more"
    return f"Campaign{'' if len(titles) == 1 else 's'} {', '.join(titles)}" if titles else ""


def _chosen(frame: Frame, has: Container[str]) -> Iterator[str]:
    chosen = frame.filters
    account = frame.channel if "channel" in has else None
    if account:
        yield f"account {account_name(account)} on {FORMATS.platform_label(account.platform)}"
    if "platform" in has and chosen.platform and not (account and account.platform == chosen.platform):
        yield f"on {FORMATS.platform_label(chosen.platform)}"
    if "format" in has and chosen.format:
        yield f"format {format_label(chosen.format)}"
    if "language" in has and chosen.language:
        yield f"in {language_name(chosen.language)}"
    if "tag" in has and chosen.tag:
        yield f"under #{chosen.tag}"


def _days(frame: Frame) -> str:
    first, last = frame.days()
    if first == BEGINNING:
        return f"everything up to {_day(last)} ({frame.zone})"
    return f"{_day(first)} to {_day(last)} ({frame.zone})" if first < last else f"{_day(last)} ({frame.zone})"


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"
