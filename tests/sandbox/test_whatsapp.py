"""WhatsApp: the token, numbers, media, templates, messages and what is refused in them, and what became of them."""

import io
import re

import pytest

pytestmark = pytest.mark.unit
PHONE, BUSINESS = "106540350000101", "102290120000001"
OPEN, CLOSED, NOWHERE = "+4915155501001", "+4915155507777", "+4915155509999"
V = "/whatsapp/v26.0"


def code_of(answer):
    return answer.json["error"]["code"]


@pytest.fixture
def whatsapp(http, helpers):
    return helpers.Signed(http, "sandbox-system-token", PHONE)


def text(to=OPEN, body="Hello", **more):
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}} | more


def send(whatsapp, **said):
    return whatsapp.post(f"{V}/{PHONE}/messages", json=text(**said))


def upload(whatsapp, body, mime):
    form = {"messaging_product": "whatsapp", "type": mime, "file": (io.BytesIO(body), "file")}
    return whatsapp.post(f"{V}/{PHONE}/media", data=form)


def make_template(whatsapp, name="river_news", body="News", header=""):
    components = [{"type": "BODY", "text": body}]
    components += [{"type": "HEADER", "format": header}] if header else []
    given = {"name": name, "language": "en", "category": "UTILITY", "components": components}
    return whatsapp.post(f"{V}/{BUSINESS}/message_templates", json=given)


def by_template(to=CLOSED, name="river_news", **more):
    said = {"name": name, "language": {"code": "en"}} | more
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": said}


def states(whatsapp, wamid):
    found = whatsapp.get(f"{V}/{PHONE}/message_history?message_id={wamid}").json["data"]
    return [event["delivery_status"] for row in found for event in row["events"]["data"]]


def test_token_says_what_it_may_and_whose_numbers_there_are(whatsapp, http, helpers):
    found = {row["permission"]: row["status"] for row in whatsapp.get(f"{V}/me/permissions").json["data"]}
    assert found == {"whatsapp_business_messaging": "granted", "whatsapp_business_management": "granted"}
    asked = f"{V}/{BUSINESS}/phone_numbers?fields=id,display_phone_number,whatsapp_business_manager_messaging_limit"
    first, _ = whatsapp.get(asked).json["data"]
    assert first == {
        "id": PHONE,
        "display_phone_number": "+49 30 901820101",
        "whatsapp_business_manager_messaging_limit": "TIER_250",
    }
    assert code_of(whatsapp.get(f"{V}/1/phone_numbers")) == 100
    assert code_of(helpers.Signed(http, "wrong", PHONE).get(f"{V}/me/permissions")) == 190
    assert http.post("/_sandbox/reset").json == {"reset": True}
    assert whatsapp.get(f"{V}/{PHONE}").status_code == 200  # the token is there after a reset too


def test_text_to_somebody_who_wrote_arrives_and_is_read(whatsapp, http):
    answer = send(whatsapp, biz_opaque_callback_data="k1").json

    assert answer["contacts"] == [{"input": OPEN, "wa_id": OPEN.lstrip("+")}]
    wamid = answer["messages"][0]["id"]
    assert states(whatsapp, wamid) == ["SENT"]
    http.post("/_sandbox/clock", json={"advance_days": 2})
    assert states(whatsapp, wamid)[:2] == ["SENT", "DELIVERED"]
    (row,) = http.get("/_sandbox/ledger").json
    assert (row["kind"], row["to"], row["text"]) == ("text", OPEN, "Hello")


def test_outside_the_window_it_is_accepted_and_fails(whatsapp, http):
    for to in (CLOSED, NOWHERE):
        answer = send(whatsapp, to=to)
        assert answer.status_code == 200
        assert states(whatsapp, answer.json["messages"][0]["id"]) == ["FAILED"]
    assert http.get("/_sandbox/ledger").json == []

    http.post("/_sandbox/settings", json={"whatsapp open": [CLOSED]})
    send(whatsapp, to=CLOSED)
    assert len(http.get("/_sandbox/ledger").json) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"messaging_product": "sms"}, 100),
        ({"shiny": 1}, 100),
        ({"text": {"body": ""}}, 100),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": "A", "colour": "red"}}, 131009),
        ({"text": {"body": "A", "preview_url": "yes"}}, 100),
        ({"type": "location"}, 131009),
        ({"to": "0151"}, 131009),
        ({"to": "+4930901820101"}, 131021),
        ({"recipient_type": "group"}, 131009),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
    ],
)
def test_what_is_refused(whatsapp, changes, code):
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=text() | changes)) == code


def test_bursts_to_one_person_are_slowed_down(whatsapp, clock):
    codes = [send(whatsapp).status_code for _ in range(11)]

    assert codes == [200] * 10 + [400]
    assert code_of(send(whatsapp)) == 131056
    clock.pass_by(seconds=7)
    assert send(whatsapp).status_code == 200


def test_media_are_looked_at_and_go_with_a_caption(whatsapp, http, helpers):
    image = upload(whatsapp, helpers.picture(), "image/jpeg").json["id"]
    body = {
        "messaging_product": "whatsapp",
        "to": OPEN,
        "type": "image",
        "image": {"id": image, "caption": "The weir"},
    }

    assert whatsapp.post(f"{V}/{PHONE}/messages", json=body).status_code == 200
    (row,) = http.get("/_sandbox/ledger").json
    assert (row["text"], row["media"][0]["mime"]) == ("The weir", "image/jpeg")
    body["image"]["caption"] = "x" * 1025
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=body)) == 100
    body["image"] = {"id": "1"}
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=body)) == 100


def test_files_of_a_wrong_kind_are_refused(whatsapp, helpers):
    assert code_of(upload(whatsapp, b"nothing", "image/jpeg")) == 131053
    assert code_of(upload(whatsapp, helpers.picture(kind="GIF"), "image/jpeg")) == 131053
    assert code_of(upload(whatsapp, b"GIF8", "image/gif")) == 100
    assert code_of(upload(whatsapp, b"x" * (5 * 2**20 + 1), "image/png")) == 100
    assert code_of(upload(whatsapp, helpers.movie(codec=b"hvc1"), "video/mp4")) == 131053
    assert code_of(upload(whatsapp, helpers.movie(sound=b"opus"), "video/mp4")) == 131053
    assert "id" in upload(whatsapp, helpers.movie(), "video/mp4").json


def test_upload_runs_out_after_thirty_days(whatsapp, helpers, clock):
    image = upload(whatsapp, helpers.picture(), "image/jpeg").json["id"]
    clock.pass_by(days=31)

    body = {"messaging_product": "whatsapp", "to": OPEN, "type": "image", "image": {"id": image}}
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=body)) == 100


def test_template_is_approved_after_a_while_and_reaches_everybody(whatsapp, http, clock):
    assert make_template(whatsapp).json["status"] == "PENDING"
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=by_template())) == 132001
    assert code_of(make_template(whatsapp)) == 100
    clock.pass_by(seconds=60)
    (shown,) = whatsapp.get(f"{V}/{BUSINESS}/message_templates?name=river_news").json["data"]
    assert (shown["status"], shown["components"]) == ("APPROVED", [{"type": "BODY", "text": "News"}])

    assert whatsapp.post(f"{V}/{PHONE}/messages", json=by_template()).status_code == 200
    (row,) = http.get("/_sandbox/ledger").json
    assert (row["kind"], row["text"], row["to"]) == ("template", "News", CLOSED)
    assert whatsapp.delete(f"{V}/{BUSINESS}/message_templates?name=river_news").json == {"success": True}


def test_header_of_a_template_wants_its_picture(whatsapp, helpers, clock):
    make_template(whatsapp, header="IMAGE")
    clock.pass_by(seconds=60)
    image = upload(whatsapp, helpers.picture(), "image/jpeg").json["id"]
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": image}}]}

    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=by_template())) == 132012
    assert whatsapp.post(f"{V}/{PHONE}/messages", json=by_template(components=[header])).status_code == 200
    other = {"type": "body", "parameters": []}
    assert code_of(whatsapp.post(f"{V}/{PHONE}/messages", json=by_template(components=[other]))) == 132000


def test_a_template_with_places_wants_its_values(whatsapp, http, clock):
    components = [{"type": "BODY", "text": "On {{1}} at {{2}}."}]
    body = {"name": "meeting", "language": "en", "category": "UTILITY", "components": components}
    whatsapp.post(f"{V}/{BUSINESS}/message_templates", json=body)
    clock.pass_by(seconds=60)

    def sent(*values):
        parameters = [{"type": "text", "text": value} for value in values]
        shown = {"name": "meeting", "language": {"code": "en"}}
        shown["components"] = [{"type": "body", "parameters": parameters}]
        return whatsapp.post(f"{V}/{PHONE}/messages", json=by_template() | {"template": shown})

    assert code_of(sent("Friday")) == 132000
    assert code_of(sent("Friday", "5\n6")) == 132018
    assert sent("Friday", "5 pm").status_code == 200
    assert http.get("/_sandbox/ledger").json[-1]["text"] == "On Friday at 5 pm."


@pytest.mark.parametrize("name", ["River", "", "a b"])
def test_template_names_are_of_small_letters(whatsapp, name):
    assert code_of(make_template(whatsapp, name=name)) == 100


def test_so_many_people_a_day_are_written_to_first(whatsapp, http, clock, monkeypatch):
    from sandbox.networks.whatsapp import messages

    monkeypatch.setitem(messages.LIMITS, "TIER_250", 2)
    make_template(whatsapp)
    clock.pass_by(seconds=60)
    people = ["+4915155507001", "+4915155507002", "+4915155507003"]
    sent = [
        whatsapp.post(f"{V}/{PHONE}/messages", json=by_template(to))
        for to in [*people[:2], people[0], people[2]]
    ]

    assert [answer.status_code for answer in sent] == [200, 200, 200, 400]
    assert code_of(sent[-1]) == 131048
    clock.pass_by(hours=25)
    assert whatsapp.post(f"{V}/{PHONE}/messages", json=by_template(people[2])).status_code == 200


def test_feed_has_one_conversation_for_each_person(whatsapp, http):
    send(whatsapp, body="First")
    send(whatsapp, to="+4915155501002", body="Second")
    send(whatsapp, to=CLOSED, body="Third")

    page = http.get("/whatsapp/feed/4930901820101").text

    assert page.count('class="chat"') == 3
    assert "is-failed" in page
    assert http.get("/whatsapp/4930901820101").status_code == 302


def test_a_token_can_be_made_with_fewer_permissions(http, helpers):
    page = http.post("/whatsapp/settings/system-users", data={"granted": "whatsapp_business_messaging"}).text
    (token,) = re.findall(r"<code>(EAA\w+)</code>", page)
    made = helpers.Signed(http, token, PHONE)

    told = made.get(f"{V}/me/permissions").json["data"]

    assert told == [{"permission": "whatsapp_business_messaging", "status": "granted"}]
    assert made.get(f"{V}/{BUSINESS}/phone_numbers").status_code == 403
