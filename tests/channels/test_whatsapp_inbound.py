"""What people write to a WhatsApp number is told once, in a call to us: it is kept until the conversations have it."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from channels import health, keys, optouts, webhooks
from channels.connectors.talk import Message, MessageKind
from channels.connectors.whatsapp import inbound
from channels.models import Channel, ChannelState, WebhookHint
from channels.signals import channel_told, message_arrived
from work import clock, worker

SECRET = "our-secret"
PHONE = "106540350000101"
AT = datetime.fromtimestamp(1790000000, UTC)
PERSON = "4917600000001"
ROW = {"from": PERSON, "id": "wamid.A", "timestamp": "1790000000", "type": "text", "text": {"body": "Hello"}}
ADA = {"contacts": [{"profile": {"name": "Ada"}, "wa_id": PERSON}]}


def event(*messages, **value) -> dict:
    value = {"metadata": {"phone_number_id": PHONE}, "messages": list(messages), **ADA, **value}
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def call(client, body: dict) -> int:
    raw = json.dumps(body).encode()
    head = {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()}
    return client.post("/hooks/whatsapp/", raw, content_type="application/json", headers=head).status_code


def work() -> None:
    for row in WebhookHint.objects.exclude(next_action_at=None):
        assert worker.run_one("hint", row.pk)


@pytest.fixture
def phone(settings, campaign):
    app = {"client_id": "our-app", "client_secret": SECRET}
    settings.NETWORKS = {**settings.NETWORKS, "whatsapp": settings.NETWORKS["whatsapp"] | app}
    return Channel.objects.create(
        platform="whatsapp", remote_id=PHONE, handle="+49 30 901820101", campaign=campaign
    )


# What it says ---------------------------------------------------------------------------------------------------


@pytest.mark.unit
def test_a_text_with_who_wrote_it_and_what_it_answers():
    told = inbound.message(ROW | {"context": {"from": "49", "id": "wamid.OURS"}}, ADA)

    assert told == Message(
        "wamid.A",
        MessageKind.DIRECT,
        "Hello",
        AT,
        PERSON,
        f"+{PERSON}",
        "Ada",
        "wamid.OURS",
        conversation_id=PERSON,
        raw={"type": "text"},
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"type": "image", "image": {"id": "7", "caption": "The hole"}}, "The hole\n(sent a picture; see it in WhatsApp)"),
        ({"type": "audio", "audio": {"id": "7"}}, "(sent a voice message; see it in WhatsApp)"),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, "Yes"),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "1", "title": "Mondays"}}}, "Mondays"),
        ({"type": "location", "location": {"name": "Hall", "latitude": 1.5}}, "(sent a place: Hall, 1.5)"),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "Ben"}}]}, "(sent a contact: Ben)"),
        ({"type": "unsupported"}, "(sent something that WhatsApp shows only in its own app)"),
        ({"type": "order", "order": {}}, "(sent something that WhatsApp shows only in its own app)"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_said_in_words(row, words):
    assert inbound.message({**ROW, **row}, ADA).text == words


@pytest.mark.unit
@pytest.mark.parametrize("more", [{"type": "reaction"}, {"type": "system"}, {"timestamp": "soon"}])
def test_what_nobody_could_answer_is_no_message(more):
    assert inbound.message(ROW | more, ADA) is None


@pytest.mark.unit
def test_somebody_who_hides_the_number_is_known_by_the_other_id():
    row = {name: value for name, value in ROW.items() if name != "from"}
    people = {"contacts": [{"profile": {"name": "Ada"}, "user_id": "DE.123"}]}

    told = inbound.message(row, people)

    assert (told.author_id, told.author_handle, told.author_name) == ("DE.123", "Ada", "Ada")


@pytest.mark.unit
def test_a_message_is_the_same_after_it_was_stored():
    told = Message("1", MessageKind.DIRECT, "a", AT, media=("https://x",), raw={"n": [1, {"b": None}]})

    assert Message.of_data(json.loads(json.dumps(told.as_data()))) == told


# Until the conversations have it -----------------------------------------------------------------------------------


@pytest.mark.db
def test_a_call_is_kept_until_it_is_a_conversation_and_then_leaves_no_copy(client, phone):
    from community.models import Conversation
    from community.models import Message as Kept

    assert [call(client, event(ROW)) for _ in range(3)] == [200, 200, 200]
    (hint,) = WebhookHint.objects.all()
    assert hint.said["text"] == "Hello"
    assert not Kept.objects.exists()

    work()

    (kept,) = Kept.objects.all()
    assert (kept.text, kept.at, kept.direction, kept.author.name) == ("Hello", AT, "in", "Ada")
    assert Conversation.objects.get().contact.remote_id == PERSON
    hint.refresh_from_db()
    assert (hint.said, hint.next_action_at) == ({}, None)
    assert hint.done_at is not None


@pytest.mark.db
def test_a_replay_after_it_was_taken_changes_nothing(client, phone):
    from community.models import Message as Kept

    call(client, event(ROW))
    work()
    Kept.objects.update(text="(erased)")
    call(client, event(ROW))
    work()

    assert WebhookHint.objects.get().said == {}
    assert Kept.objects.get().text == "(erased)"


@pytest.mark.db
def test_it_stays_when_the_house_above_fails_and_is_there_once_in_the_end(client, phone):
    from community.models import Message as Kept

    call(client, event(ROW))

    def fail(sender, **told):
        raise RuntimeError("the database has gone")

    channel_told.connect(fail, weak=False, dispatch_uid="fails")
    try:
        work()
    finally:
        channel_told.disconnect(dispatch_uid="fails")
    hint = WebhookHint.objects.get()
    assert hint.said["text"] == "Hello"
    assert hint.next_action_at > clock.now()

    WebhookHint.objects.update(next_action_at=clock.now())
    work()
    assert Kept.objects.count() == 1
    assert WebhookHint.objects.get().said == {}


@pytest.mark.db
def test_what_no_database_takes_is_taken_out(client, phone):
    from community.models import Message as Kept

    assert call(client, event(ROW | {"text": {"body": "a\0b\ud800c" + "x" * 30_000}})) == 200
    work()

    assert Kept.objects.get().text.startswith("ab?cx")


@pytest.mark.db
@pytest.mark.parametrize(
    ("state", "kept"),
    [(ChannelState.RECONNECT, 1), (ChannelState.BLOCKED, 1), (ChannelState.DISCONNECTED, 0)],
)
def test_only_a_disconnected_account_hears_nothing_more(client, phone, state, kept):
    from community.models import Message as Kept

    Channel.objects.update(state=state)
    call(client, event(ROW))
    work()

    assert (WebhookHint.objects.count(), Kept.objects.count()) == (kept, kept)


@pytest.mark.db
def test_every_campaign_of_a_number_gets_it(client, phone, campaign):
    from community.models import Message as Kept

    Channel.objects.create(
        platform="whatsapp",
        remote_id=PHONE,
        handle="+49",
        campaign=campaign.get_parent(),
        state=ChannelState.RECONNECT,
    )
    call(client, event(ROW))
    work()

    assert Kept.objects.values("channel").distinct().count() == 2


@pytest.mark.db
def test_unsigned_it_is_not_kept_and_what_was_never_taken_is_forgotten(client, phone):
    raw = json.dumps(event(ROW)).encode()
    assert client.post("/hooks/whatsapp/", raw, content_type="application/json").status_code == 403
    assert not WebhookHint.objects.exists()

    call(client, event(ROW))
    WebhookHint.objects.update(received_at=clock.now() - webhooks.KEPT - timedelta(minutes=1))
    assert webhooks.prune() == 1


@pytest.mark.db
def test_the_page_says_when_nothing_can_arrive(client, phone, settings):
    def said():
        return [p.words for p in health.points(phone, None, clock.now()) if "people write" in p.words]

    assert "has not called us" in said()[0]
    call(client, event(ROW))
    assert said() == ["What people write is called to us."]

    settings.NETWORKS = {
        **settings.NETWORKS,
        "whatsapp": {**settings.NETWORKS["whatsapp"], "client_id": "", "client_secret": ""},
    }
    assert keys.of("whatsapp").client_secret == ""
    assert "the app's secret" in said()[0]


@pytest.mark.db
def test_what_became_of_a_message_is_handed_over_once_and_waits_while_nobody_takes_it(client, phone):
    heard, failing = [], [True]

    def listen(sender, channel, arrival, **more):
        if failing:
            raise RuntimeError("a worker has it just now")
        heard.append((channel, arrival.remote_id, arrival.state, arrival.witness))

    status = {
        "id": "wamid.OURS",
        "status": "sent",
        "timestamp": "1790000000",
        "biz_opaque_callback_data": "w",
    }
    message_arrived.connect(listen, weak=False, dispatch_uid="listens")
    try:
        assert [call(client, event(statuses=[status])) for _ in range(2)] == [200, 200]
        work()
        hint = WebhookHint.objects.get()
        assert hint.said["arrival"]["witness"] == "w"
        failing.clear()
        WebhookHint.objects.update(next_action_at=clock.now())
        work()
        assert call(client, event(statuses=[status])) == 200
        work()
    finally:
        message_arrived.disconnect(dispatch_uid="listens")

    assert heard == [(phone, "wamid.OURS", "sent", "w")]
    assert WebhookHint.objects.get().said == {}


# What people want of us -------------------------------------------------------------------------------------------------


def wish(value: str, timestamp: int = 1790000000) -> dict:
    row = {"wa_id": PERSON, "category": "marketing_messages", "value": value, "timestamp": timestamp}
    body = event(user_preferences=[row])
    body["entry"][0]["changes"][0]["field"] = "user_preferences"
    return body


@pytest.mark.db
def test_who_wants_no_more_messages_is_kept_until_they_want_them_again(client, phone):
    assert call(client, wish("stop")) == 200
    work()
    assert optouts.is_out(phone, f"+{PERSON}")

    assert call(client, wish("resume", 1790000500)) == 200
    work()
    assert not optouts.is_out(phone, f"+{PERSON}")


@pytest.mark.db
@pytest.mark.parametrize(("code", "kept"), [(131050, True), (131026, False)])
def test_what_was_not_delivered_because_nobody_wants_it_is_remembered(client, phone, code, kept):
    row = {
        "id": "wamid.B",
        "status": "failed",
        "timestamp": "1790000000",
        "recipient_id": PERSON,
        "errors": [{"code": code}],
    }

    assert call(client, event(statuses=[row])) == 200
    work()

    assert optouts.is_out(phone, f"+{PERSON}") is kept
