"""The weekly mail: when, to whom, once, what stands in it, and that it can be ended from inside it."""

from __future__ import annotations

import base64
import io
import smtplib
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from PIL import Image
from wagtail.users.models import UserProfile

from access.models import CampaignRole, Role
from engagement import digest
from engagement.core import weeks
from engagement.core.weeks import Week
from engagement.models import DayFigure, DigestChoice
from engagement.reports import weekly
from engagement.reports.report import Chart
from engagement.subscribing import DigestForm
from media import plotted
from media.errors import RenderError
from publishing.models import Publication
from work import claim, clock

MONDAY = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)  # 9:30 in London
WEEK = Week(date(2026, 4, 27))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("local", "monday"),
    [
        (datetime(2026, 5, 4, 7, 59), None),
        (datetime(2026, 5, 4, 8, 0), date(2026, 4, 27)),
        (datetime(2026, 5, 4, 19, 59), date(2026, 4, 27)),
        (datetime(2026, 5, 4, 20, 0), None),
        (datetime(2026, 5, 5, 7, 59), None),
        (datetime(2026, 5, 5, 9, 0), date(2026, 4, 27)),  # nothing could be mailed on Monday
        (datetime(2026, 5, 6, 19, 59), date(2026, 4, 27)),
        (datetime(2026, 5, 6, 20, 0), None),
        (datetime(2026, 5, 7, 9, 0), None),
        (datetime(2026, 5, 3, 9, 0), None),
    ],
)
def test_the_week_is_the_last_whole_one_from_monday_to_wednesday(local, monday):
    found = weeks.due(local.replace(tzinfo=ZoneInfo("Europe/London")))

    assert (found and found.monday) == monday


LONDON, AUCKLAND = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("local", "mailed", "again"),
    [
        (datetime(2026, 5, 4, 3, 0), date(2026, 4, 20), datetime(2026, 5, 4, 8, 0)),
        (datetime(2026, 5, 4, 20, 0), date(2026, 4, 20), datetime(2026, 5, 5, 8, 0)),
        (datetime(2026, 5, 6, 1, 0), date(2026, 4, 20), datetime(2026, 5, 6, 8, 0)),
        (datetime(2026, 5, 6, 20, 0), date(2026, 4, 20), datetime(2026, 5, 11, 8, 0)),
        (datetime(2026, 5, 4, 20, 0), date(2026, 4, 27), datetime(2026, 5, 11, 8, 0)),
        (datetime(2026, 5, 3, 9, 0), None, datetime(2026, 5, 4, 8, 0)),
        (
            datetime(2026, 3, 23, 9, 0),
            date(2026, 3, 16),
            datetime(2026, 3, 30, 8, 0),
        ),  # the clocks go forward between
        (datetime(2026, 10, 19, 9, 0), date(2026, 10, 12), datetime(2026, 10, 26, 8, 0)),  # and back
    ],
)
def test_what_is_owed_is_looked_at_the_coming_morning_else_on_monday(local, mailed, again):
    assert weeks.next_look(local.replace(tzinfo=LONDON), mailed) == again.replace(tzinfo=LONDON)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("local", "mailed", "lost"),
    [
        (datetime(2026, 5, 6, 19, 59), date(2026, 4, 20), None),  # it may still be mailed
        (datetime(2026, 5, 6, 20, 0), date(2026, 4, 20), date(2026, 4, 27)),
        (datetime(2026, 5, 10, 9, 0), date(2026, 4, 20), date(2026, 4, 27)),
        (datetime(2026, 5, 10, 9, 0), date(2026, 4, 27), None),
        (datetime(2026, 5, 11, 9, 0), date(2026, 4, 20), date(2026, 4, 27)),
        (datetime(2026, 5, 11, 9, 0), date(2026, 4, 27), None),
        (datetime(2026, 5, 10, 9, 0), None, None),
    ],
)
def test_a_week_is_lost_when_its_days_of_mailing_are_over(local, mailed, lost):
    found = weeks.lost(local.replace(tzinfo=LONDON), mailed)

    assert (found and found.monday) == lost


@pytest.mark.unit
@pytest.mark.parametrize("monday", [date(2026, 12, 28), date(2027, 1, 4), date(2024, 12, 30)])
def test_a_week_is_found_again_by_its_code(monday):
    assert Week.of_code(Week(monday).code) == Week(monday)


@pytest.mark.unit
def test_a_chart_has_no_bar_for_a_day_that_nobody_told():
    spec = weekly.spec(Chart("Likes", "bar", ["2026-05-01", "2026-05-02"], [("Likes", [None, 0])]))

    assert [row["value"] for row in spec["data"]["values"]] == [0]
    assert spec["encoding" if "encoding" in spec else "layer"][0]["encoding"]["x"]["scale"]["domain"] == [
        "2026-05-01",
        "2026-05-02",
    ]


@pytest.mark.unit
def test_charts_are_drawn_from_what_lies_in_them_and_nothing_is_fetched():
    labels = [(WEEK.before.monday + timedelta(days=n)).isoformat() for n in range(14)]
    spec = weekly.spec(Chart("Likes", "bar", labels, [("Likes", [*range(13), None])]))

    assert plotted.png(spec).startswith(b"\x89PNG")
    with pytest.raises(RenderError):
        plotted.png({**spec, "data": {"url": "http://127.0.0.1:9/rows.json"}})


BARS = {"mark": "bar", "encoding": {"x": {"field": "n", "type": "quantitative"}}}
RED = "#ff0000"


def reds(png: bytes) -> int:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return sum(count for count, colour in picture.getcolors(1 << 24) if colour == (255, 0, 0))


def picture_of(address: str) -> dict:
    mark = {"type": "image", "width": 20, "height": 20, "url": address}
    return {"data": {"values": [{"n": 1}]}, "mark": mark, "encoding": BARS["encoding"]}


@pytest.fixture
def listening(tmp_path):
    """A web server with rows and a red picture, and a list of what was asked of it."""
    (tmp_path / "rows.json").write_text('[{"n": 1}]')
    Image.new("RGB", (20, 20), RED).save(tmp_path / "red.png")
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *args):
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.unit
def test_a_chart_reads_no_rows_from_files_or_other_machines(tmp_path, listening):
    """Both are there, and the same rows written into the chart are drawn: only the address is refused."""
    site, asked = listening
    assert plotted.png({**BARS, "data": {"values": [{"n": 1}]}})

    for address in (f"{site}/rows.json", (tmp_path / "rows.json").as_uri()):
        with pytest.raises(RenderError):
            plotted.png({**BARS, "data": {"url": address}})

    assert asked == []


@pytest.mark.unit
@pytest.mark.parametrize(
    "spec",
    [
        {"layer": [{"data": {"url": "a.json"}}]},
        {"mark": "image", "encoding": {"url": {"field": "n"}}},
        {"mark": {"type": "text", "href": "https://a.example"}},
        {"usermeta": {"embedOptions": {"loader": {}}}},
        {"transform": [{"lookup": "n", "from": {"data": {"url": "file:///etc/passwd"}}}]},
    ],
)
def test_whatever_names_an_address_is_refused_before_the_engine_sees_it(spec):
    with pytest.raises(RenderError):
        plotted.refuse_addresses(spec)


@pytest.mark.unit
def test_a_chart_shows_no_picture_from_files_or_other_machines(tmp_path, listening):
    site, asked = listening
    packed = base64.b64encode((tmp_path / "red.png").read_bytes()).decode()
    assert reds(plotted.png(picture_of(f"data:image/png;base64,{packed}"))) > 100

    for address in (f"{site}/red.png", (tmp_path / "red.png").as_uri(), str(tmp_path / "red.png")):
        with pytest.raises(RenderError):
            plotted.png(picture_of(address))

    assert asked == []


@pytest.fixture
def reader(river):
    """An analyst who asked for it, with a week of two posts; it is Monday morning."""
    with clock.by_hand(MONDAY):
        yield wants_it(river)


def wants_it(river):
    UserProfile.objects.create(user=river.people[Role.ANALYST], current_time_zone="Europe/London")
    numbers = {"likes": 10, "comments": None, "shares": 2, "impressions": None}
    one, _ = river.posts([numbers, {**numbers, "likes": 30}], days_ago=3, hours_apart=24)
    described = {
        "campaign_id": one.campaign_id,
        "channel_id": one.channel_id,
        "published_at": one.published_at,
    }
    DayFigure.objects.create(
        publication=one,
        day=date(2026, 4, 29),
        at=MONDAY,
        age_s=1,
        likes_gain=10,
        story_id=river.story.pk,
        platform="x",
        format="x.thread",
        **described,
    )
    person = river.people[Role.ANALYST]
    DigestChoice.objects.create(user=person, campaign_id=river.campaign.pk, next_action_at=MONDAY)
    return person


def due():
    """Claim and run the choice, as a worker does; whether it was due."""
    row = claim.claim(DigestChoice, DigestChoice.objects.get().pk, worker="w")
    if row is not None:
        digest.send(row)
    return row is not None


@pytest.mark.db
@pytest.mark.parametrize("drawable", [True, False])
def test_it_comes_once_a_week_and_reads_without_pictures(reader, monkeypatch, drawable):
    def png(spec):
        if not drawable:
            raise RenderError("no")
        return b"\x89PNG\r\n\x1a\n"

    monkeypatch.setattr("media.plotted.png", png)

    assert due()
    assert not due()
    DigestChoice.objects.update(
        next_action_at=MONDAY
    )  # somebody moved the row: the week was mailed all the same
    assert due()

    (sent,) = mail.outbox
    html = sent.alternatives[0][0]
    assert sent.subject == "River: the week of 27 Apr to 3 May 2026 in numbers"
    assert "- Likes: this week 10, the week before –" in sent.body
    assert (
        "- River story (X thread): interactions 32, of the followers 3.2\u00a0% (2.2 to 4.5), impressions –"
        in sent.body
    )
    assert "for few interactions that is wide" in sent.body
    assert ">–</td>" in html
    assert len(sent.attachments) == html.count("cid:") == (1 if drawable else 0)
    assert DigestChoice.objects.get().next_action_at == datetime(2026, 5, 11, 7, 0, tzinfo=UTC)


@pytest.mark.db
def test_two_workers_mail_once(reader):
    pk = DigestChoice.objects.get().pk

    first, second = (claim.claim(DigestChoice, pk, worker=name) for name in ("one", "two"))

    assert first is not None
    assert second is None


class Hand:
    def __init__(self, moment):
        self.at = moment

    def move(self, seconds):
        self.at += timedelta(seconds=seconds)


@contextmanager
def moment(when):
    """The clock stands there; the one of ``river`` stands at its own time otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        hand = Hand(when.astimezone(UTC))
        patch.setattr("work.clock.now", lambda: hand.at)
        yield hand


def at(*local, zone=LONDON):
    return moment(datetime(*local, tzinfo=zone))


@pytest.mark.db
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ((2026, 5, 5, 3, 0), (2026, 5, 5, 8, 0)),  # a worker that was away over Monday comes back at night
        ((2026, 5, 6, 19, 0), None),
    ],
)
def test_what_could_not_be_mailed_on_monday_comes_until_wednesday_once(reader, first, then):
    DigestChoice.objects.update(mailed=WEEK.before.monday)

    with at(*first):
        assert due()
    assert len(mail.outbox) == (0 if then else 1)
    if then:
        row = DigestChoice.objects.get()
        assert row.next_action_at == datetime(*then, tzinfo=LONDON)
        with at(*then):
            assert due()
    (sent,) = mail.outbox
    assert "27 Apr to 3 May 2026" in sent.subject
    row = DigestChoice.objects.get()
    assert (row.mailed, row.missed) == (WEEK.monday, None)
    assert row.next_action_at == datetime(2026, 5, 11, 8, 0, tzinfo=LONDON)


@pytest.mark.db
def test_a_mail_that_was_lost_is_seen_in_the_account_and_in_the_next_mail(reader, river, caplog):
    DigestChoice.objects.update(mailed=WEEK.before.monday, last_error="the mail server said no")

    with at(2026, 5, 7, 9, 0):
        assert due()

    assert mail.outbox == []
    row = DigestChoice.objects.get()
    assert (row.missed, row.mailed) == (WEEK.monday, WEEK.before.monday)
    assert "was not mailed: the mail server said no" in caplog.text
    assert "27 Apr to 3 May 2026 may not have reached you" in str(DigestForm(instance=reader)["campaigns"])

    one = DayFigure.objects.get()
    DayFigure.objects.filter(pk=one.pk).update(day=date(2026, 5, 6))
    for _ in range(2):  # the row is moved: the week was mailed all the same
        with at(2026, 5, 11, 8, 5):
            DigestChoice.objects.update(next_action_at=clock.now())
            assert due()
    (sent,) = mail.outbox
    words = "The mail about the week of 27 Apr to 3 May 2026 may not have reached you."
    address = f"campaign={river.campaign.pk}&from=2026-04-27&to=2026-05-03"
    assert words in sent.body
    assert address in sent.body
    assert words in sent.alternatives[0][0]
    assert DigestChoice.objects.get().missed is None


class Server:
    """A mail server that takes a mail and then does as it is told."""

    def __init__(self, monkeypatch, trouble=None, on_open=None):
        self.trouble, self.on_open, self.took = trouble, on_open, []
        monkeypatch.setattr("django.core.mail.EmailMessage.get_connection", lambda *a, **k: self)

    def open(self):
        if self.on_open:
            raise self.on_open

    def close(self):
        pass

    def send_messages(self, messages):
        self.took += messages
        if self.trouble:
            raise self.trouble
        return len(messages)


@pytest.mark.db
@pytest.mark.parametrize("trouble", [TimeoutError("slow"), smtplib.SMTPServerDisconnected("gone")])
def test_a_mail_that_was_taken_without_an_answer_is_not_sent_again(reader, monkeypatch, trouble):
    """The server looks through the mail for longer than we wait; it has it all the same."""
    server = Server(monkeypatch, trouble)

    for minutes in range(0, 60, 10):
        with moment(MONDAY + timedelta(minutes=minutes)):
            DigestChoice.objects.update(next_action_at=clock.now())
            due()

    assert len(server.took) == 1
    row = DigestChoice.objects.get()
    assert (row.mailed, row.missed) == (WEEK.monday, WEEK.monday)


@pytest.mark.db
@pytest.mark.parametrize(
    "trouble",
    [
        {"trouble": smtplib.SMTPDataError(451, b"later")},
        {"on_open": TimeoutError("no connection")},
        {"on_open": ConnectionRefusedError()},
    ],
)
def test_a_mail_that_was_refused_is_sent_later(reader, monkeypatch, trouble):
    Server(monkeypatch, **trouble)
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever it was
        due()
    row = DigestChoice.objects.get()
    assert (row.mailed, row.missed) == (None, None)
    claim.release(claimed_again(row), next_action_at=MONDAY)

    server = Server(monkeypatch)
    assert due()

    assert len(server.took) == 1
    row = DigestChoice.objects.get()
    assert (row.mailed, row.missed) == (WEEK.monday, None)


def claimed_again(row):
    """As the worker gives a row back that raised."""
    DigestChoice.objects.update(lease_until=MONDAY)
    return claim.claim(DigestChoice, row.pk, worker="w")


@pytest.mark.db
def test_a_worker_that_dies_while_it_sends_mails_once_and_the_mail_is_named(reader, monkeypatch):
    class Died(BaseException):
        pass

    server = Server(monkeypatch, Died())
    with pytest.raises(Died):
        due()
    server.trouble = None
    claim.release(claimed_again(DigestChoice.objects.get()), next_action_at=MONDAY)

    assert due()

    assert len(server.took) == 1
    assert DigestChoice.objects.get().missed == WEEK.monday


@pytest.mark.db
def test_a_week_without_anything_to_say_is_not_missed(reader):
    DigestChoice.objects.update(mailed=WEEK.before.monday)
    DayFigure.objects.all().delete()
    Publication.objects.update(published_at=None)

    with at(2026, 5, 7, 9, 0):
        assert due()

    assert DigestChoice.objects.get().missed is None


@pytest.mark.db
def test_who_moves_gets_it_on_monday_at_eight_where_they_are_then_and_once(reader):
    """Mailed in London on Monday; on Wednesday to Auckland, on the next Monday, after the mail, to Los Angeles."""
    assert due()
    profile = UserProfile.objects.get(user=reader)

    with at(2026, 5, 6, 12, 0) as hand:
        profile.current_time_zone = "Pacific/Auckland"
        profile.save()
        assert due()  # at once, to be put where it belongs
        assert DigestChoice.objects.get().next_action_at == datetime(2026, 5, 11, 8, 0, tzinfo=AUCKLAND)
        profile.dismissibles = {"x": True}
        profile.save()
        hand.move(1)
        assert not due()  # nothing has changed for it
    DayFigure.objects.update(day=date(2026, 5, 6))
    monday = datetime(2026, 5, 11, 8, 0, tzinfo=AUCKLAND)
    with moment(monday):
        assert due()
    over = DigestChoice.objects.get().next_action_at
    assert over == datetime(2026, 5, 11, 0, 0, tzinfo=LONDON)  # it is still Sunday where the campaign is
    with moment(over):
        assert due()
        assert len(mail.outbox) == 2
        profile.current_time_zone = "America/Los_Angeles"
        profile.save()
        assert due()
    pacific = ZoneInfo("America/Los_Angeles")
    assert DigestChoice.objects.get().next_action_at == datetime(2026, 5, 11, 8, 0, tzinfo=pacific)
    with at(2026, 5, 11, 8, 0, zone=pacific):
        assert due()
    assert len(mail.outbox) == 2


@pytest.mark.db
def test_a_new_choice_is_owed_nothing(reader, river):
    """Ticked on Tuesday: the first mail is about this week, on Monday; the one before is neither mailed nor missed."""
    DigestChoice.objects.all().delete()
    with at(2026, 5, 5, 9, 0):
        form = DigestForm({"campaigns": [river.campaign.pk]}, instance=reader)
        assert form.is_valid()
        form.save()
        DigestChoice.objects.update(next_action_at=clock.now())
        assert due()

    row = DigestChoice.objects.get()
    assert mail.outbox == []
    assert row.missed is None
    assert row.next_action_at == datetime(2026, 5, 11, 8, 0, tzinfo=LONDON)


@pytest.mark.db
def test_nothing_to_say_and_nobody_who_may_read_bring_no_mail(reader, river):
    assert digest.mail_of(reader, river.campaign.pk, Week(date(2020, 1, 6)), MONDAY) is None
    CampaignRole.objects.filter(campaign=river.campaign, role=Role.ANALYST).delete()
    due()

    assert mail.outbox == []


@pytest.mark.db
def test_a_link_ends_it_and_the_account_begins_it(reader, river, client):
    address = reverse("digest_off", args=[digest.Ticket(reader.pk, river.campaign.pk).token])

    asked = client.get(address)
    assert asked.status_code == 200
    assert river.campaign.title in asked.content.decode()
    assert DigestChoice.objects.exists()  # programs look at links by themselves
    done = client.post(address, {"List-Unsubscribe": "One-Click"})
    assert "no more of these mails" in done.content.decode()
    assert not DigestChoice.objects.exists()
    assert client.post(f"{address[:-2]}x/").status_code == 404

    form = DigestForm({"campaigns": [river.campaign.pk]}, instance=reader)
    assert form.is_valid()
    form.save()
    assert DigestChoice.objects.get().next_action_at == datetime(2026, 5, 11, 7, 0, tzinfo=UTC)
    assert not DigestForm({"campaigns": [1]}, instance=reader).is_valid()
