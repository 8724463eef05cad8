"""What strangers write stands harmlessly on every page and in every file that shows it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from channels.connectors.abilities import Action
from channels.connectors.talk import Act as NetworkAct
from channels.connectors.talk import MessageKind
from community import ingest, objections
from community.core import clean
from community.enums import ActState, AnswerState
from community.models import Act, Answer, Burst, Case, Conversation, Escalation, Message, Objection, Rating
from media.sheets import FORMULA_STARTS
from publishing.core.states import State
from publishing.domain.deeds import hand_over
from publishing.models import Publication
from tests.community.talking import talk
from tests.editorial.conftest import NOW, as_user, frozen, make_campaign, river  # noqa: F401

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>{{ 7|add:7 }}"
SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # wide ones count in East Asian spreadsheets
FORMULA = '=HYPERLINK("http://evil.example","x")'
TURNED = "safe \u202egpj.exe \u2066open"
HOSTILE = f"{FORMULA}\n{MARKUP}\n{TURNED}"
TURNING = re.compile("[\u202a-\u202e]")


def kept(text):
    """As ingest keeps it."""
    return clean.text(text)[0]


@pytest.fixture
def hostile(river):  # noqa: F811
    """Everything that a stranger may have written, wherever it is kept; and long words without a space."""
    words = kept(HOSTILE)
    row = talk(river, words, name=clean.line(MARKUP, 100), topic="=1+1", tags=["<b>"], reason="<i>")
    long = talk(river, kept("W" * 100_000), name=clean.line(FORMULA, 100), minute=5, topic="=1+1")
    message = row.messages.get()
    Message.objects.filter(pk=message.pk).update(earlier=[[words, NOW.isoformat()]], url="")
    row.notes.create(author=river.people["manager"], text=HOSTILE, at=NOW)
    Rating.objects.create(conversation=row, asked_at=NOW, rated_at=NOW, score=1, text=words)
    act = Act.objects.create(
        conversation=row, message=message, action="hide", category="insult", note=HOSTILE, copy=words, at=NOW,
        copy_author=MARKUP, state=ActState.TO_APPROVE,
    )  # fmt: skip
    Answer.objects.create(
        conversation=row,
        to=message,
        text=HOSTILE,
        state=AnswerState.TO_APPROVE,
        created_at=NOW,
        changed_at=NOW,
    )
    objection = Objection.objects.create(
        place=clean.line(MARKUP, 500), text=words, act=act, at=NOW, answer=HOSTILE
    )
    found = {"row": row, "long": long, "message": message, "objection": objection}
    return found | believed(river, row, message, words) | answered(river, row, message, words)


def believed(river, row, message, words):  # noqa: F811
    """What many say, what is looked into, and what was handed on."""
    case = Case.objects.create(
        campaign_id=river.page.pk, title=clean.line(MARKUP, 200), rumour=words, finding=words, opened_at=NOW,
        changed_at=NOW,
    )  # fmt: skip
    case.conversations.add(row)
    case.sources.create(title=clean.line(MARKUP, 200), says=words, message=message, added_at=NOW)
    wave = Burst.objects.create(
        campaign_id=river.page.pk, key=words[:120], words=words[:300], began_at=NOW, last_at=NOW, count=2
    )
    wave.conversations.add(row)
    Escalation.objects.create(
        conversation=row, to_name=clean.line(MARKUP, 200), by_name=clean.line(MARKUP, 200), reason=words,
        note=words, at=NOW,
    )  # fmt: skip
    Conversation.objects.filter(pk=row.pk).update(raised_at=NOW)
    return {"case": case, "wave": wave}


def answered(river, row, message, words):  # noqa: F811
    """An answer that went out by itself, and was noted wrongly once; and one that the network refused in its own words."""
    made = []
    for state in (State.PUBLISHED, State.FAILED):
        act = NetworkAct(Action.REPLY, message.remote_id, words, MessageKind.COMMENT)
        sent = hand_over(act, river.channel, by=river.people["community"])
        Publication.objects.filter(pk=sent.pk).update(state=state, detail=words, next_action_at=None)
        made.append(
            Answer.objects.create(
                conversation=row,
                to=message,
                text=words,
                state=AnswerState.HANDED_OVER,
                publication=sent,
                automatic=state == State.PUBLISHED,
                created_at=NOW,
                changed_at=NOW,
            )
        )
    ours = Message.objects.create(
        conversation=row, channel=river.channel, remote_id="ours", kind="comment", direction="out", text=words,
        earlier=[[words, NOW.isoformat()]], at=NOW, seen_at=NOW,
    )  # fmt: skip
    Answer.objects.filter(pk=made[0].pk).update(message=ours)
    made[0].repairs.create(
        stands="not_out", looked="cannot", why_not_told=words[:300], note=words, by_name=MARKUP, at=NOW
    )
    Act.objects.create(
        conversation=row, message=ours, action="edit_post", note=words, copy=words, new_text=words, at=NOW,
        state=ActState.HANDED_OVER,
    )  # fmt: skip
    return {"ours": ours, "out": made[0], "refused": made[1]}


def pages(h):
    """Every page that shows what people wrote, for a community manager; None: for everybody."""
    row, long = h["row"], h["long"]
    return {
        "inbox": reverse("community:inbox") + "?tab=all",
        "search": reverse("community:inbox") + "?tab=all&q=%3Cscript%3E",
        "conversation": reverse("community:conversation", args=[row.pk]),
        "long one": reverse("community:conversation", args=[long.pk]),
        "moderate": reverse("community:moderate", args=[h["message"].pk]),
        "second person": reverse("community:decide"),
        "objections": reverse("community:objections"),
        "own objection": reverse("my_objection", args=[objections.token_of(h["objection"])]),
        "people": reverse("community:people"),
        "people looked for": reverse("community:people") + "?q=%3Csvg",
        "person": reverse("community:person", args=[row.contact_id]),
        "copy": reverse("community:person", args=[row.contact_id]) + "?copy=paper",
        "rumours": reverse("community:cases"),
        "rumour": reverse("community:case", args=[h["case"].pk]),
        "new rumour": reverse("community:new_case") + f"?message={h['message'].pk}",
        "wave": reverse("community:wave", args=[h["wave"].pk]),
        "escalated": reverse("community:inbox") + "?tab=raised",
        "our answer": reverse("community:ours", args=[h["ours"].pk]),
        "repair": reverse("community:repair", args=[h["out"].pk]),
        "repair of a refused one": reverse("community:repair", args=[h["refused"].pk]),
        "automatic answers": reverse("community:automatic"),
        "report": reverse("engagement:conversations"),
        "report on paper": reverse("engagement:conversations") + "?paper=1",
    }


def test_every_page(hostile, river, as_user):  # noqa: F811
    client = as_user(river.people["community"])
    shown = set()
    for name, url in pages(hostile).items():
        answer = client.get(url)
        page = answer.content.decode()
        assert answer.status_code == 200, name
        for harmful in ("<script>alert", "<img src=x", "<svg/onload", "14</"):
            assert harmful not in page, (name, harmful)
        assert len(page) < 600_000, name
        if "&lt;script&gt;alert" in page or "\\u003Cscript\\u003Ealert" in page:
            shown.add(name)
    assert {
        "inbox",
        "conversation",
        "moderate",
        "second person",
        "objections",
        "own objection",
        "copy",
        "rumours",
        "rumour",
        "new rumour",
        "wave",
        "escalated",
        "our answer",
        "repair",
        "repair of a refused one",
        "automatic answers",
    } <= shown


def test_the_marks_that_turn_what_follows_are_gone_from_what_is_kept(hostile, river, as_user):  # noqa: F811
    client = as_user(river.people["community"])
    Conversation.objects.filter(pk=hostile["row"].pk).get().notes.all().delete()
    Answer.objects.all().delete()
    Act.objects.update(note="x")
    Objection.objects.update(answer="")
    for name, url in pages(hostile).items():
        assert not TURNING.search(client.get(url).content.decode()), name


def test_no_sign_that_begins_a_formula_begins_a_cell(river, as_user):  # noqa: F811
    """Of whatever spreadsheet: also where one set to another language parts a cell in two."""
    assert set(FORMULA_STARTS) == set(SIGNS)
    for number, sign in enumerate(SIGNS):
        words = f"{sign}cmd{number}|' /C calc'!A0;{sign}two{number}\n{sign}three{number}"
        talk(river, words, minute=number, topic=words[:80])
    client, url = as_user(river.people["community"]), reverse("engagement:conversations")

    content = client.get(url, {"export": "csv"}).content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    for number in range(len(SIGNS)):
        assert sum(f"cmd{number}|" in cell for cell in cells) >= 2, SIGNS[number]
        assert any(f"two{number}" in cell for cell in cells), SIGNS[number]
    starts = tuple(SIGNS)
    parts = [part for cell in cells for part in (cell, *re.split("[;\t\r\n]", cell))]
    assert [part for part in parts if part.startswith(starts)] == []

    book = load_workbook(io.BytesIO(client.get(url, {"export": "xlsx"}).content))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in found} <= {"s", "n"}
    assert all(cell.number_format == "@" for cell in found if cell.data_type == "s")


def test_files(hostile, river, as_user):  # noqa: F811
    client = as_user(river.people["community"])
    url = reverse("engagement:conversations")

    rows = csv.reader(io.StringIO(client.get(url, {"export": "csv"}).content.decode("utf-8-sig")))
    cells = [cell for row in rows for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS)]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "@"))]
    book = load_workbook(io.BytesIO(client.get(url, {"export": "xlsx"}).content))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}

    copy = client.get(reverse("community:person", args=[hostile["row"].contact_id]), {"copy": "json"})
    assert copy.content.isascii()
    assert copy["X-Content-Type-Options"] == "nosniff"
    assert copy.json()["conversations"][0]["messages"][0]["text"] == kept(HOSTILE)


def test_a_hundred_kilobytes_and_null_bytes_are_cut_and_cleaned_on_the_way_in():
    words, cut = clean.text("a\0b" + "x" * 100_000)
    assert (words[:3], len(words), cut) == ("abx", clean.MAX_TEXT, True)
    assert ingest  # the only way in


@pytest.mark.parametrize("field", ["text", "place"])
def test_null_bytes_in_public_forms_are_refused_not_an_error(client, db, field):
    data = {"place": "@mara", "text": "I only asked for the minutes.", field: "x\0" + "y" * 30}
    assert client.post(reverse("object"), data).status_code == 400
    assert not Objection.objects.exists()


@pytest.mark.parametrize("where", ["community:inbox", "community:people"])
def test_null_bytes_in_a_search(river, as_user, where):  # noqa: F811
    talk(river)
    answer = as_user(river.people["community"]).get(reverse(where), {"q": "a\0b"})
    assert answer.status_code == 200


def test_far_dates_and_much_of_it(hostile, river, as_user):  # noqa: F811
    Message.objects.filter(pk=hostile["message"].pk).update(at=NOW - timedelta(days=60))
    client = as_user(river.people["community"])
    assert client.get(reverse("engagement:conversations"), {"period": "all"}).status_code == 200
