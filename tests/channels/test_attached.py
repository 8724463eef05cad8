"""Pictures beside an answer: each network that says it takes one gets it with its alt text, once, and loses none."""

# ruff: noqa: F811 (fixtures)
from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from channels.connectors.abilities import Action
from channels.connectors.base import LookupKind, OutcomeKind, Safety, StepKind, UnsupportedFeature
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind
from channels.service import open_media
from tests.channels.conftest import carry_out
from tests.channels.test_talk import answer, out, ref_of, spoken  # noqa: F401 (fixtures)

pytestmark = pytest.mark.db  # no database, but a server
ALT = "Volunteers carry a bicycle out of the river"


@pytest.fixture
def with_picture(spoken, out, picture):
    """(an answer with a picture, what its calls take); None where a network takes none in public."""
    if spoken is None or out.connector.pictures(private=False, channel=out.channel) is None:
        return None
    medium = picture(f"{uuid.uuid4().hex}.jpg", alt=ALT, colour=f"#{uuid.uuid4().hex[:6]}", size=(640, 480))
    act = replace(answer(out, spoken), media=[medium])
    return act, lambda: replace(out.context(), payload={"parts": [{"text": act.text, "media": [medium]}]})


def shown(out, ledger, act, remote_id):
    """[(alt text, sha256 or None)] of the pictures that stand beside the answer on the network."""
    platform = out.channel.platform
    if platform != "facebook":
        (row,) = ledger(platform, act.text)
        return [(each["alt"], each["sha256"]) for each in row["media"]]
    ctx = out.context()
    url = out.connector.graph(ctx, remote_id)
    found = ctx.wire.get(url, params={"fields": "attachment"}).data.get("attachment")
    return [(found["description"], found["media"]["image"]["src"].rpartition("/")[2])] if found else []


def test_a_picture_goes_along_with_its_alt_text(with_picture, out, ledger):
    if with_picture is None:
        return
    act, ctx = with_picture

    outcome = carry_out(out.connector, act, ctx())

    assert outcome.ok, outcome
    assert shown(out, ledger, act, outcome.remote_id) == [(ALT, act.media[0]["sha256"])]


def test_a_lost_answer_with_a_picture_is_found_and_never_two(with_picture, out, fault, profile, ledger):
    if with_picture is None:
        return
    act, ctx = with_picture
    connector, platform = out.connector, out.channel.platform
    match = "POST /api/v1/statuses" if platform == "mastodon" else profile.REPLY_CALL
    fault(platform, match, "lost_answer")

    assert carry_out(connector, act, ctx()).kind is OutcomeKind.UNKNOWN

    if connector.acts[Action.REPLY] is Safety.KEYED:
        assert carry_out(connector, act, ctx()).ok
    lookup = connector.seek(connector.step_of(act), ctx())
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True), lookup
    assert shown(out, ledger, act, lookup.remote_id) == [(ALT, act.media[0]["sha256"])]


def test_the_same_words_without_the_picture_are_another_answer(with_picture, out):
    if with_picture is None or out.connector.acts[Action.REPLY] is Safety.KEYED:  # there the key tells
        return
    act, ctx = with_picture
    assert carry_out(out.connector, replace(act, media=(), key="other"), out.context()).ok

    lookup = out.connector.lookup(out.connector.step_of(act), ctx())

    assert lookup.kind is not LookupKind.FOUND


def test_a_file_that_is_not_the_approved_one_goes_nowhere(with_picture, out, ledger, settings):
    if with_picture is None:
        return
    act, ctx = with_picture
    path = Path(open_media(act.media[0]))
    path.write_bytes(path.read_bytes() + b"\0" * 10)

    outcome = carry_out(out.connector, act, ctx())

    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "MediaChanged")
    assert ledger(out.channel.platform, act.text) == []


def test_a_file_that_the_network_has_dropped_is_uploaded_again(with_picture, out, ledger):
    """The handle of an upload may be dead when the answer is due: that is no refusal of the answer."""
    if with_picture is None or out.channel.platform not in ("mastodon", "x", "bluesky"):
        return
    act, ctx = with_picture
    *uploads, own = out.connector.steps_of(act)
    dead = {"media_id": "1999999999999999999", "blob": {"$type": "blob", "ref": {"$link": "bafkreib" + "a" * 51},
        "mimeType": "image/jpeg", "size": 5}}  # fmt: skip

    outcome = out.connector.run(own, replace(ctx(), refs={step.key: dead for step in uploads}))

    assert outcome.kind is OutcomeKind.BUSY, outcome
    assert {step.key for step in uploads} <= set(outcome.redo), (
        "its alt text belongs to the file that is gone"
    )
    assert ledger(out.channel.platform, act.text) == []


@pytest.mark.unit
@pytest.mark.parametrize("connector", list(CONNECTORS), ids=lambda c: c.platform)
@pytest.mark.parametrize("kind", [MessageKind.COMMENT, MessageKind.DIRECT])
def test_what_a_network_does_not_say_it_takes_is_refused_before_anything_is_sent(connector, kind):
    if Action.REPLY not in connector.acts:
        return
    medium = {"kind": "image", "file": "x.jpg", "sha256": "0" * 64, "mime": "image/jpeg", "alt": "x"}
    takes = connector.attaches.get(kind is MessageKind.DIRECT)

    def steps(*media, action=Action.REPLY):
        return connector.steps_of(Act(action, "1", "Hello", kind, person_id="2", key="k", media=media))

    assert [step.kind for step in steps()][-1] is StepKind.ACT
    for media in ([medium] * ((takes.most if takes else 0) + 1), [{**medium, "kind": "video"}]):
        with pytest.raises(UnsupportedFeature):
            steps(*media)
    if Action.EDIT_POST in connector.acts:
        with pytest.raises(UnsupportedFeature):
            steps(medium, action=Action.EDIT_POST)
    if takes:
        *before, own = steps(medium)
        assert {step.safety for step in before} == {Safety.PURE}
        assert own.data["media"] == [medium]
        assert Act.of_data(own.data).media == (medium,)
        assert before[0].data["needs"] == connector.needed(Act.of_data(own.data))
        assert takes.source


def test_a_picture_goes_to_somebody_who_wrote_on_whatsapp(drive, picture, ledger):
    text = f"That is the way in. {uuid.uuid4().hex}"
    medium = picture(f"{uuid.uuid4().hex}.jpg", alt=ALT)
    going = drive(
        {"platform": "whatsapp", "format": "whatsapp.reply", "parts": [{"text": text, "media": [medium]}]}
    )
    to = "4915155501001"
    act = Act(Action.REPLY, "wamid.T", text, MessageKind.DIRECT, person_id=to, key="answer-7", media=[medium])

    assert carry_out(going.connector, act, going.context()).ok

    (row,) = ledger("whatsapp", text)
    assert (row["to"], [each["sha256"] for each in row["media"]]) == (f"+{to}", [medium["sha256"]])
