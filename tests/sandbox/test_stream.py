"""The stream says as much as its pace, the same for the same seed, and nothing when it is off."""

import pytest

from sandbox.store import insert, rows, setting, stamp

pytestmark = pytest.mark.unit


def post(app, network="mastodon", number="1", data="{}"):
    box = app.extensions["sandbox"]
    with box.store.tx() as db:
        insert(
            db, "post", network=network, id=f"{number}", account="1", kind="post", text="Out", media="[]",
            made_at=stamp(box.now()), data=data,
        )  # fmt: skip


def said(app):
    with app.extensions["sandbox"].store.tx() as db:
        return [r["text"] for r in rows(db, "SELECT text FROM comment WHERE number=-2 ORDER BY made_at, id")]


def run(http, clock, per_hour, hours=1, seed="s"):
    assert http.post("/_sandbox/stream", json={"per_hour": per_hour, "seed": seed}).status_code == 200
    clock.pass_by(hours=hours)
    for _ in range(5):
        http.get("/_sandbox/faults")


def test_pace_languages_and_the_same_words_for_the_same_seed(app, http, clock):
    post(app)
    run(http, clock, 120)
    first = said(app)

    assert len(first) == 120
    assert any("Wahllokal" in text or "Laterne" in text for text in first)
    assert any("أين" in text or "شكرا" in text for text in first)

    http.post("/_sandbox/reset")
    post(app)
    run(http, clock, 120)
    assert said(app) == first


def test_whoever_was_sent_a_message_on_whatsapp_writes_back_in_private(app, http, clock):
    post(app, network="whatsapp", number="wamid.1", data='{"to": "+4917600000009"}')
    run(http, clock, 30)

    with app.extensions["sandbox"].store.tx() as db:
        said = rows(db, "SELECT * FROM comment WHERE network='whatsapp'")
        assert "+4917600000009" in setting(db, "whatsapp open", [])
    assert len(said) == 30
    assert {(r["author"], r["post"]) for r in said} == {("+4917600000009", "direct:1")}


def test_off_it_is_silent(app, http, clock):
    post(app)
    run(http, clock, 0)
    assert said(app) == []


def test_what_was_said_is_told_once_each_and_nothing_of_ours(app, http, clock):
    post(app)
    run(http, clock, 30)
    with app.extensions["sandbox"].store.tx() as db:
        db.execute("UPDATE comment SET number=-1 WHERE id=(SELECT min(id) FROM comment)")
        db.execute("UPDATE comment SET deleted_at=made_at WHERE id=(SELECT max(id) FROM comment)")

    rows = http.get("/_sandbox/said").json
    assert len(rows) == len({(row["network"], row["id"]) for row in rows}) == 28
    assert {row["network"] for row in rows} == {"mastodon"}


@pytest.mark.parametrize("wrong", ["", "many", -1, 10**9])
def test_a_wrong_pace_is_refused(http, wrong):
    assert http.post("/_sandbox/stream", json={"per_hour": wrong}).status_code == 400
