"""WhatsApp: who gets a message, templates, what errors mean, what is called to us, and sending against the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import (
    LookupKind,
    OutcomeKind,
    PublishedRef,
    Safety,
    StepKind,
    UnsupportedFeature,
)
from channels.connectors.hooks import NotGenuine
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, Arrival, Message, MessageKind
from channels.connectors.whatsapp import inbound
from channels.connectors.whatsapp.connector import message, template_language, template_trouble, witness
from channels.connectors.whatsapp.flow import facts_of
from channels.connectors.whatsapp.places import filled
from channels.oauth import OAuthFailed
from channels.telephone import numbers
from channels.wire import Answer

K = OutcomeKind
WHATSAPP = CONNECTORS["whatsapp"]
PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}
OPEN = "+4915155501001"
CLOSED = "+4915155507777"
BUSINESS = "102290120000001"


def payload(text="Hello", *, to=OPEN, template="", language="", **part) -> dict:
    return {
        "platform": "whatsapp", "format": "whatsapp.message", "language": "en", "variant": 7,
        "options": {"recipients": to, "template": template, "template_language": language},
        "parts": [{"text": text, "link": "", "media": []} | part],
    }  # fmt: skip


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("+49 151 555-01001, +44 (20) 7946.0123", ["+4915155501001", "+442079460123"], []),
        ("+4915155501001;\n+49 151 55501001\n", ["+4915155501001"], []),
        ("0151 55501001, +0151", [], ["0151 55501001", "+0151"]),
        ("+49123456789012345", [], ["+49123456789012345"]),
        ("", [], []),
    ],
)
def test_numbers(text, good, bad):
    assert numbers(text) == (good, bad)


@pytest.mark.unit
class TestPlan:
    def test_one_step_for_each_person_and_at_the_end_whether_anybody_got_it(self):
        steps = WHATSAPP.plan(payload(to=f"{OPEN}, {CLOSED}", template="news", media=[PICTURE]), None)

        assert [(s.key, s.safety, s.required, s.stage) for s in steps] == [
            ("upload", Safety.PURE, True, True),
            ("template", Safety.PURE, True, True),
            ("commit", Safety.BLIND, True, False),
            ("reply 2", Safety.BLIND, False, False),
            ("people", Safety.PURE, True, False),
        ]
        assert [s.key for s in steps if s.data.get("asks_nobody")] == ["people"]
        assert not WHATSAPP.has_addresses  # so nobody is asked for one

    @pytest.mark.parametrize(
        "what",
        [
            payload(text=""),
            payload(media=[PICTURE, PICTURE]),
            payload(link="https://a.example/"),
            payload(to="0151"),
            payload(to=",".join(f"+4915155{n:06}" for n in range(251))),
            payload() | {"parts": payload()["parts"] * 2},
            payload() | {"reply_to": "7"},
        ],
    )
    def test_what_cannot_be_said_is_refused_by_name(self, what):
        with pytest.raises(UnsupportedFeature, match="cannot take"):
            WHATSAPP.plan(what, None)

    def test_bodies(self):
        part = {"text": "See https://a.example/", "media": []}
        assert message(part, OPEN, {})["text"] == {"body": "See https://a.example/", "preview_url": True}
        shown = message(part | {"media": [PICTURE]}, OPEN, {"upload": {"id": "9"}})
        assert shown["image"] == {"id": "9", "caption": "See https://a.example/"}
        refs = {"upload": {"id": "9"}, "template": {"name": "news", "language": "en_GB"}}
        said = message(part | {"media": [PICTURE]}, OPEN, refs)["template"]
        assert said["language"] == {"code": "en_GB"}
        assert said["components"] == [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "9"}}]}
        ]

    def test_language_of_the_template(self):
        assert template_language(payload() | {"language": "pt-BR"}) == "pt_BR"
        assert template_language(payload(language="en_GB")) == "en_GB"

    def test_witness_tells_people_apart_and_no_number(self):
        one, other = witness(payload(), OPEN), witness(payload(), CLOSED)
        assert one != other
        assert one == witness(payload(), OPEN)
        assert OPEN.lstrip("+") not in one


@pytest.mark.unit
@pytest.mark.parametrize(
    ("components", "part", "words"),
    [
        ([{"type": "BODY", "text": "Hello  all"}], {"text": "Hello all"}, ""),
        ([{"type": "BODY", "text": "Hello {{1}}"}], {"text": "Hello all"}, ""),
        ([{"type": "BODY", "text": "Hi {{1}}"}], {"text": "Hello all"}, "not the text"),
        (
            [{"type": "BODY", "text": "A"}, {"type": "BUTTONS", "buttons": [{"url": "https://e.org/{{1}}"}]}],
            {"text": "A"},
            "outside its text",
        ),
        ([{"type": "BODY", "text": "Hello you"}], {"text": "Hello all"}, "not the text"),
        ([{"type": "BODY", "text": "A"}], {"text": "A", "media": [PICTURE]}, "no header"),
        ([{"type": "BODY", "text": "A"}, {"type": "HEADER", "format": "IMAGE"}], {"text": "A"}, "has none"),
        (
            [{"type": "BODY", "text": "A"}, {"type": "HEADER", "format": "IMAGE"}],
            {"text": "A", "media": [PICTURE]},
            "",
        ),
    ],
)
def test_template_must_say_what_was_approved(components, part, words):
    trouble = template_trouble(components, part)

    assert words in trouble
    assert bool(trouble) is bool(words)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("body", "text", "values"),
    [
        ("On {{1}} at {{2}}.", "On Friday\n at  5 pm.", ["Friday", "5 pm"]),
        ("{{2}} before {{1}}", "this before that", ["that", "this"]),
        ("{{day}}, {{ day }}!", "Friday, Friday!", ["Friday"]),
        ("{{day}}, {{day}}!", "Friday, Monday!", None),
        ("On {{1}}", "On ", None),
        ("50% (off) {{1}}", "50% (off) today", ["today"]),
        ("Nothing", "Nothing", []),
    ],
)
def test_a_template_says_an_approved_text_with_these_values(body, text, values):
    found = filled(body, text)

    assert (found and [each["text"] for each in found]) == values or found == values
    if found and "day" in body:
        assert found[0]["parameter_name"] == "day"


@pytest.mark.unit
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0, K.AUTH, "key"), (190, K.AUTH, "key"), (3, K.PERMISSION, "permission"), (10, K.PERMISSION, "permission"),
        (200, K.PERMISSION, "permission"), (131005, K.PERMISSION, "permission"), (1, K.UNKNOWN, "WhatsApp"),
        (2, K.UNKNOWN, "WhatsApp"), (131000, K.UNKNOWN, "failure"), (131016, K.UNKNOWN, "service"),
        (131057, K.UNKNOWN, "maintenance"), (4, K.RATE, "wait"), (80007, K.RATE, "wait"), (130429, K.RATE, "second"),
        (131056, K.RATE, "same person"), (131048, K.PERMISSION, "restricted"), (131064, K.PERMISSION, "restricted"),
        (133016, K.RATE, "wait"), (368, K.PERMISSION, "stopped"), (131031, K.PERMISSION, "locked"),
        (130497, K.PERMISSION, "country"), (130472, K.CONTENT, "experiment"), (131008, K.CONTENT, "misses"),
        (131009, K.CONTENT, "take"), (100, K.CONTENT, "refuses"), (33, K.CONTENT, "know"), (131021, K.CONTENT, "itself"),
        (131026, K.CONTENT, "reached"), (131030, K.CONTENT, "testers"), (131037, K.PERMISSION, "display name"),
        (131045, K.PERMISSION, "registered"), (131042, K.PERMISSION, "pay"), (131044, K.PERMISSION, "pay"),
        (131047, K.CONTENT, "24 hours"), (131049, K.CONTENT, "a day"), (131050, K.CONTENT, "list"),
        (131051, K.CONTENT, "kind"), (131052, K.CONTENT, "download"), (131053, K.CONTENT, "file"),
        (131062, K.CONTENT, "hides"), (131063, K.CONTENT, "switched off"), (132000, K.CONTENT, "number of values"),
        (132001, K.CONTENT, "no such template"), (132005, K.CONTENT, "too long"), (132007, K.CONTENT, "rules"),
        (132008, K.CONTENT, "fit"), (132012, K.CONTENT, "values"), (132015, K.CONTENT, "paused"),
        (132016, K.CONTENT, "for good"), (132018, K.CONTENT, "values"), (132068, K.CONTENT, "flow"),
        (132069, K.RATE, "flow"), (133010, K.PERMISSION, "registered"), (135000, K.CONTENT, "take"),
        (137000, K.CONTENT, "identity"),
    ],
)  # fmt: skip
def test_errors(code, kind, words):
    body = json.dumps({"error": {"code": code, "message": "x", "error_data": {"details": "more"}}}).encode()

    outcome = WHATSAPP.classify(Answer("POST", "https://w.example/", 400, {}, body, 0.1))

    assert outcome.kind is kind
    assert words in outcome.message
    assert "{" not in outcome.message
    assert (outcome.retry_after_s or 0) > 0 or kind is not K.RATE


@pytest.mark.unit
@pytest.mark.parametrize(
    ("tier", "most"), [("TIER_250", 250), ("TIER_2K", 2000), ("TIER_UNLIMITED", None), ("", None)]
)
def test_limit_of_a_number(tier, most):
    assert facts_of({"whatsapp_business_manager_messaging_limit": tier})["people_a_day"] == most


# Calls to us ------------------------------------------------------------------------------------------------------------


def signed(body: object) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body).encode()
    return raw, {"x-hub-signature-256": "sha256=" + hmac.new(b"s", raw, hashlib.sha256).hexdigest()}


def call(**value) -> dict:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1065"}} | value
    entry = {"id": BUSINESS, "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@pytest.mark.unit
def test_who_wrote_and_what_became_of_ours_are_hints():
    said = {"from": "4917600000001", "type": "text", "text": {"body": "Hello"}}
    message = {"id": "wamid.A", "timestamp": "1790000000", **said}
    (wrote,) = WHATSAPP.hints(*signed(call(messages=[message])), "s")
    (read,) = WHATSAPP.hints(*signed(call(statuses=[{"id": "wamid.B", "status": "read"}])), "s")

    assert (wrote.account_id, wrote.what, wrote.remote_id) == ("1065", Read.DIRECT, "wamid.A")
    assert wrote.at == datetime.fromtimestamp(1790000000, UTC)
    assert (wrote.said.text, wrote.said.at, wrote.said.remote_id) == ("Hello", wrote.at, "wamid.A")
    assert (read.what, read.post_id, read.key) == (Read.NUMBERS, "wamid.B", "status wamid.B read")
    assert (read.arrival.state, read.arrival.why) == ("read", "")
    with pytest.raises(NotGenuine):
        WHATSAPP.hints(*signed(call()), "another")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": 131050, "title": "x"}, "Take them off the list"),
        ({"code": 131026}, "cannot be reached"),
        ({"code": 131047}, "24 hours"),
        ({"code": 7, "title": "Odd", "error_data": {"details": "Something new."}}, "Something new"),
        ({"code": 7, "title": "Odd"}, "Odd"),
        ({}, "no reason"),
    ],
)
def test_why_a_message_was_not_delivered_is_said_in_words(error, words):
    row = {"id": "wamid.B", "status": "failed", "timestamp": "1790000000", "recipient_id": "4917600000001"}
    row |= {"biz_opaque_callback_data": "w", "errors": [error] if error else []}

    (hint,) = WHATSAPP.hints(*signed(call(statuses=[row])), "s")

    assert words in hint.arrival.why
    assert (hint.arrival.remote_id, hint.arrival.state, hint.arrival.witness) == ("wamid.B", "failed", "w")
    assert (hint.arrival.to, hint.arrival.at) == ("+4917600000001", datetime.fromtimestamp(1790000000, UTC))
    assert Arrival.of_data(json.loads(json.dumps(hint.kept()))["arrival"]) == hint.arrival


@pytest.mark.unit
def test_each_message_carries_a_word_that_only_we_know():
    first, second, last = WHATSAPP.plan(payload(to=f"{OPEN}, {CLOSED}"), None)
    answer = WHATSAPP.step_of(
        Act(Action.REPLY, "wamid.T", "Hi", MessageKind.DIRECT, person_id=OPEN, key="answer-7")
    )

    assert WHATSAPP.witness_of(first, payload(to=f"{OPEN}, {CLOSED}")) == witness(payload(), OPEN)
    assert WHATSAPP.witness_of(second, payload(to=f"{OPEN}, {CLOSED}")) == witness(payload(), CLOSED)
    assert WHATSAPP.witness_of(answer, {}) == "answer-7"
    assert WHATSAPP.witness_of(last, payload(to=f"{OPEN}, {CLOSED}")) == ""


@pytest.mark.unit
@pytest.mark.parametrize("body", [[], {}, {"entry": 7}, call(messages=[{}]), "x", None])
def test_call_that_cannot_be_read_names_nothing(body):
    assert WHATSAPP.hints(*signed(body), "s") == []


@pytest.mark.unit
def test_answers_are_possible_for_a_day():
    now = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    wrote = Message("wamid.A", MessageKind.DIRECT, "Hi", now - timedelta(hours=23), author_id="4915155501001")

    assert WHATSAPP.may_answer(wrote, now) == ""
    assert "template" in WHATSAPP.may_answer(wrote, now + timedelta(hours=2))


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tag():
    return uuid.uuid4().hex


@pytest.fixture
def template(on_sandbox):
    """Have a template made and looked through: (name, text, header) -> None."""

    def make(name, text, header=""):
        components = [{"type": "BODY", "text": text}]
        components += [{"type": "HEADER", "format": header}] if header else []
        body = {"name": name, "language": "en", "category": "UTILITY", "components": components}
        head = {"Authorization": "Bearer sandbox-system-token"}
        url = f"{on_sandbox}/whatsapp/v26.0/{BUSINESS}/message_templates"
        httpx.post(url, json=body, headers=head, trust_env=False).raise_for_status()

    return make


def until(drive, key):
    end = datetime.now(UTC) + timedelta(seconds=10)
    while not (outcome := drive.one(key)).ok and datetime.now(UTC) < end:
        pass
    return outcome


@pytest.mark.db
def test_each_person_gets_the_message_with_its_picture(drive, picture, ledger, tag):
    what = payload(tag, to=f"{OPEN}, +49 151 55501002", media=[picture(f"{tag}.jpg")])
    drive(what).run()

    rows = ledger("whatsapp", tag)
    assert [row["to"] for row in rows] == [OPEN, "+4915155501002"]
    assert all(len(row["media"]) == 1 for row in rows)


@pytest.mark.db
def test_outside_the_window_a_text_is_accepted_and_never_arrives(drive, ledger, tag):
    sent = drive(payload(tag, to=CLOSED)).run()

    assert sent.outcomes["commit"].ok
    assert ledger("whatsapp", tag) == []
    wamid = sent.outcomes["commit"].remote_id
    (reading,) = WHATSAPP.metrics(
        sent.context(), [PublishedRef("p", wamid, (wamid,), "whatsapp.message", datetime.now(UTC))]
    )
    assert reading.raw["states"][wamid] == ["failed"]


@pytest.mark.db
def test_template_reaches_everybody_once_it_is_approved(drive, ledger, template, tag):
    template(f"t_{tag}", f"{tag} news")
    sending = drive(payload(f"{tag} news", to=f"{CLOSED}, {OPEN}", template=f"t_{tag}"))
    assert "pending" in sending.one("template").message

    assert until(sending, "template").ok
    assert sending.one("commit").ok
    assert sending.one("reply 2").ok
    assert [(row["kind"], row["to"]) for row in ledger("whatsapp", tag)] == [
        ("template", CLOSED),
        ("template", OPEN),
    ]


@pytest.mark.db
@pytest.mark.parametrize(
    ("made", "asked", "words"),
    [
        (("other", "{tag} news"), {}, "no template"),
        (("{tag}", "{tag} else"), {}, "not the text"),
        (("{tag}", "{tag} news"), {"language": "de"}, "its languages: en"),
    ],
)
def test_template_that_does_not_fit_is_explained(drive, template, tag, made, asked, words):
    name, text = (each.format(tag=tag) for each in made)
    template(f"t_{name}_{tag[:6]}", text)
    sending = drive(payload(f"{tag} news", template=f"t_{tag}_{tag[:6]}", **asked))
    until_text = sending.one("template")
    while "pending" in until_text.message:
        until_text = sending.one("template")

    assert until_text.kind is K.CONTENT
    assert words in until_text.message


@pytest.mark.db
def test_more_people_than_the_number_may_write_to(drive, template, tag):
    template(f"t_{tag}", tag)
    sending = drive(payload(tag, to=f"{OPEN}, {CLOSED}", template=f"t_{tag}"))
    assert until(sending, "template").ok
    sending.channel.facts = sending.channel.facts | {"people_a_day": 1}

    outcome = sending.one("commit")

    assert (outcome.kind, outcome.bytes_started_at) == (K.CONTENT, None)
    assert "1 people" in outcome.message


@pytest.mark.db
def test_nobody_named(drive, tag):
    assert "Nobody is named" in drive(payload(tag, to="")).one("commit").message


@pytest.mark.db
def test_lost_answer_is_left_to_a_person(drive, fault, ledger, tag):
    sending = drive(payload(tag))
    fault("whatsapp", "/messages", "lost_answer")

    assert sending.one("commit").kind is K.UNKNOWN
    lookup = sending.look("commit")

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True)
    assert len(ledger("whatsapp", tag)) == 1


@pytest.mark.db
def test_read_messages_are_counted_and_nothing_else_is(drive, on_sandbox, tag):
    sending = drive(payload(tag, to=f"{OPEN}, +4915155501002, +4915155501003")).run()
    ids = tuple(sending.outcomes[key].remote_id for key in ("commit", "reply 2", "reply 3"))
    httpx.post(f"{on_sandbox}/_sandbox/clock", json={"advance_days": 3}, trust_env=False)

    (reading,) = WHATSAPP.metrics(
        sending.context(), [PublishedRef("p", ids[0], ids, "whatsapp.message", datetime.now(UTC))]
    )

    assert set(reading.raw["states"]) == set(ids)
    assert 0 <= reading.metrics["views"] <= 3
    assert {name for name, value in reading.metrics.items() if value is not None} == {"views"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("code", "asked", "views", "missing"),
    [(33, ["1", "2", "3"], 2, ("2",)), (10, ["1", "2"], None, ())],
    ids=["one message is not known", "the right is missing"],
)
def test_one_message_that_is_refused_takes_nothing_from_the_others(code, asked, views, missing):
    heard = []

    def get(url, params):
        heard.append(params["message_id"])
        read = {"data": [{"events": {"data": [{"delivery_status": "READ"}]}}]}
        error = {"error": {"code": 100, "error_subcode": 33} if code == 33 else {"code": code}}
        refused = params["message_id"] == "2"
        body = json.dumps(error if refused else read).encode()
        return Answer("GET", url, 400 if refused else 200, {}, body, 0.1)

    wire = SimpleNamespace(get=get, url=lambda host, path: path)
    ctx = SimpleNamespace(channel=SimpleNamespace(remote_id="9"), wire=wire, now=datetime.now(UTC))
    ids = ("1", "2", "3")

    (reading,) = WHATSAPP.metrics(ctx, [PublishedRef("p", "1", ids, "whatsapp.message", datetime.now(UTC))])

    assert (heard, reading.metrics["views"], reading.missing) == (asked, views, missing)
    assert bool(reading.problem) == (views is None)


@pytest.mark.db
def test_answer_to_somebody_who_wrote(drive, ledger, tag):
    drive_ = drive(payload(tag))
    act = Act(Action.REPLY, "wamid.THEIRS", tag, MessageKind.DIRECT, person_id=OPEN, key="k1")
    assert WHATSAPP.step_of(act).kind is StepKind.ACT

    assert WHATSAPP.do(act, drive_.context()).ok
    assert ledger("whatsapp", tag)[0]["reply_to"] == "wamid.THEIRS"
    long = Act(Action.REPLY, "wamid.THEIRS", "x" * 4097, MessageKind.DIRECT, person_id=OPEN)
    assert WHATSAPP.do(long, drive_.context()).code == "too-long"


@pytest.mark.db
@pytest.mark.parametrize(
    ("wrote", "gets"),
    [("33612345678", "+33612345678"), ("+33612345678", "+33612345678"), ("FR.1349120865", "FR.1349120865")],
)
def test_answer_reaches_who_wrote_and_nobody_of_that_number_in_our_own_country(
    drive, on_sandbox, ledger, tag, wrote, gets
):
    httpx.post(f"{on_sandbox}/_sandbox/settings", json={"whatsapp open": [gets, OPEN]}, trust_env=False)
    act = Act(Action.REPLY, "wamid.T", tag, MessageKind.DIRECT, person_id=wrote)
    try:
        assert WHATSAPP.do(act, drive(payload(tag)).context()).ok
    finally:
        shown = [OPEN, "+4915155501002", "+4915155501003"]
        httpx.post(f"{on_sandbox}/_sandbox/settings", json={"whatsapp open": shown}, trust_env=False)

    assert [row["to"] for row in ledger("whatsapp", tag)] == [gets]


@pytest.mark.db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phone": "+49 30 1"}, "not a telephone number"),
        ({"phone": "1"}, "no number with this"),
        ({"business": "1"}, "WhatsApp says"),
        ({"token": "wrong"}, "WhatsApp says"),
    ],
)
def test_what_is_typed_wrong_is_said(on_sandbox, change, words):
    flow = WHATSAPP.oauth
    answers = {field.name: field.sample for field in flow.fields} | change

    with pytest.raises(OAuthFailed, match=words):
        flow.accounts(flow.sign_in(answers))


# Who wants no more messages ---------------------------------------------------------------------------------------------


@pytest.mark.unit
@pytest.mark.parametrize(("value", "wants"), [("stop", False), ("resume", True)])
def test_what_somebody_wants_is_called_to_us(value, wants):
    row = {
        "wa_id": "4917600000001",
        "category": "marketing_messages",
        "value": value,
        "timestamp": 1790000000,
    }
    body = call(user_preferences=[row])
    body["entry"][0]["changes"][0]["field"] = "user_preferences"

    (hint,) = WHATSAPP.hints(*signed(body), "s")

    assert (hint.arrival.to, hint.arrival.wants, hint.arrival.remote_id) == ("+4917600000001", wants, "")
    assert hint.arrival.at == datetime.fromtimestamp(1790000000, UTC)


@pytest.mark.unit
def test_a_wish_that_nobody_knows_is_no_wish():
    assert (
        WHATSAPP.hints(
            *signed(call(user_preferences=[{"wa_id": "49", "value": "pause"}, {"value": "stop"}])), "s"
        )
        == []
    )


@pytest.mark.unit
def test_what_is_not_delivered_for_that_says_so():
    row = {
        "id": "w",
        "status": "failed",
        "timestamp": "1790000000",
        "recipient_id": "49176",
        "errors": [{"code": 131050}],
    }
    other = row | {"errors": [{"code": 131026}]}

    assert inbound.arrival(row).wants is False
    assert inbound.arrival(other).wants is None


@pytest.mark.db
def test_who_wants_no_more_is_not_sent_anything(drive, ledger, tag):
    sending = drive(payload(tag, to=f"{OPEN}, +4915155501002"))

    outcome = sending.one("commit", opted_out=lambda person: person == OPEN)

    assert (outcome.kind, outcome.code, outcome.spared) == (K.CONTENT, "opted-out", True)
    assert outcome.bytes_started_at is None
    assert OPEN not in outcome.message  # the record stays when the person is forgotten
    assert sending.one("reply 2").ok
    assert sending.one("people").ok
    assert [row["to"] for row in ledger("whatsapp", tag)] == ["+4915155501002"]


@pytest.mark.db
def test_a_message_to_one_person_who_wants_none_has_failed(drive, tag):
    outcome = drive(payload(tag)).one("commit", opted_out=lambda person: True)

    assert (outcome.kind, outcome.spared) == (K.CONTENT, False)


@pytest.mark.db
def test_a_message_that_nobody_got_has_failed(drive, tag):
    sending = drive(payload(tag, to=f"{OPEN}, {CLOSED}"))

    outcome = sending.one("people")

    assert outcome.kind is K.CONTENT
    assert "None of the 2 people" in outcome.message


@pytest.mark.db
def test_one_who_got_it_by_a_persons_word_has_got_it(drive, tag):
    sending = drive(payload(tag, to=f"{OPEN}, {CLOSED}"))
    sending.refs["commit"] = {}  # done, and WhatsApp has named no message

    assert sending.one("people").ok


@pytest.mark.unit
@pytest.mark.parametrize(
    ("code", "spared", "opted_out"),
    [(131026, True, ""), (131050, True, OPEN), (131047, True, ""), (132001, False, ""), (131042, False, "")],
)
def test_what_is_said_of_one_person_takes_it_from_nobody_else(monkeypatch, code, spared, opted_out):
    from channels.connectors.base import Refused

    answer = Answer(
        "POST", "https://n.example/", 400, {}, json.dumps({"error": {"code": code}}).encode(), 0.1
    )

    def refuse(step, ctx):
        raise Refused(WHATSAPP.classify(answer))

    monkeypatch.setattr(WHATSAPP, "_send", refuse)
    what = payload(to=f"{OPEN}, {CLOSED}")
    outcome = WHATSAPP._to_person(WHATSAPP.plan(what, None)[0], SimpleNamespace(payload=what))

    assert (outcome.spared, outcome.opted_out) == (spared, opted_out)
