"""A lively stream of comments and private messages in several languages, for the demo and for tests.

Off until somebody sets its pace (POST /_sandbox/stream). Everything follows from the seed and the number of the
message, so that two sandboxes with the same posts hear the same words. What is due is written down when somebody
calls next, like all that grows here.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sandbox import direct, growth
from sandbox.box import box
from sandbox.store import Db, Row, insert, instant, put_setting, rows, setting, stamp

SETTING = "stream"
MOST_PER_HOUR = 3600
MOST_AT_ONCE = 50  # after a long silence; the rest comes with the next calls
TALKING = ("x", "facebook", "instagram", "threads", "mastodon", "bluesky", "linkedin", "youtube", "whatsapp")
PRIVATE = ("facebook", "instagram")  # people may write there unasked
SHARE_PRIVATE, SHARE_REPLIES = 0.12, 0.25

WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("en", (
        "Where is my polling station? The letter only names the street.",
        "Third time I write about the street lamp on Mill Lane. Nothing happens.",
        "Is the event free? And is there somewhere to park?",
        "Lovely to see so many people there. Thank you!",
        "You promised this two years ago. Why should I believe it now?",
        "Is it true that the bridge will be closed all summer? Everybody says so.",
        "Buy followers cheap!!! http://spam.example/now",
        "What do you say about the numbers in yesterday's paper?",
        "Can wheelchair users get to the meeting point?",
        "You are all idiots, every single one of you.",
    )),
    ("de", (
        "Wo finde ich mein Wahllokal? Auf der Karte steht nur der Bezirk.",
        "Seit drei Wochen ist die Laterne am Mühlweg kaputt. Wann kommt jemand?",
        "Danke an alle, die mitgemacht haben 💚",
        "Stimmt es, dass die Brücke den ganzen Sommer gesperrt wird?",
        "Ihr löscht doch sowieso jede Kritik.",
        "Kann man auch mit dem Rollstuhl teilnehmen?",
    )),
    ("fr", (
        "Où est mon bureau de vote ? La lettre ne donne pas l'adresse.",
        "Bravo pour cette belle journée !",
        "C'est la troisième fois que j'écris, et toujours pas de réponse.",
        "Est-ce que l'entrée est gratuite ?",
    )),
    ("es", (
        "¿Dónde puedo votar? En la carta no pone la dirección.",
        "Muchas gracias por el trabajo de ayer.",
        "¿Es verdad que van a cerrar el puente todo el verano?",
        "Llevo dos meses esperando una respuesta a mi carta.",
    )),
    ("tr", ("Oy kullanacağım yer neresi?", "Emeği geçen herkese teşekkürler!")),
    ("ar", ("أين مركز الاقتراع الخاص بي؟", "شكرا لكم على هذا العمل الرائع")),
    ("uk", ("Де моя виборча дільниця?", "Дякую всім, хто допоміг!")),
    ("zh", ("请问投票站在哪里？", "谢谢大家！")),
)  # fmt: skip
REPLIES = (
    "Same here.",
    "Das frage ich mich auch.",
    "I was told the opposite.",
    "Moi aussi.",
    "Please answer this one.",
)
SHARES = (0.5, 0.2, 0.1, 0.08, 0.04, 0.03, 0.03, 0.02)  # of the languages above


def start(db: Db, per_hour: float, seed: str, now: datetime) -> dict[str, Any]:
    """Set the pace (0 stops it). A new pace goes on from now."""
    kept = {"per_hour": per_hour, "seed": seed, "since": stamp(now), "said": 0}
    kept["base"] = (setting(db, SETTING) or {}).get("base", 0) + (setting(db, SETTING) or {}).get("said", 0)
    put_setting(db, SETTING, kept)
    return kept


def flow() -> None:
    """Before each call: write down what people have said since the last one."""
    with box().store.tx() as db:
        kept = setting(db, SETTING)
        if not kept or not kept["per_hour"]:
            return
        now = box().now()
        due = int((now - instant(kept["since"])).total_seconds() * kept["per_hour"] / 3600)
        last = min(due, kept["said"] + MOST_AT_ONCE)
        if last <= kept["said"]:
            return
        places = _places(db)
        for number in range(kept["said"], last):
            at = instant(kept["since"]) + timedelta(seconds=(number + 1) * 3600 / kept["per_hour"])
            _say(db, places, f"{kept['seed']}|{kept['base'] + number}", min(at, now))
        put_setting(db, SETTING, kept | {"said": last})


def _places(db: Db) -> list[Row]:
    """The posts that are out, of networks on which people talk, oldest first."""
    posts = "SELECT * FROM post WHERE deleted_at IS NULL AND reply_to IS NULL ORDER BY made_at, id"
    return [row for row in rows(db, posts) if row["network"] in TALKING][-40:]


def words_of(seed: str) -> str:
    """What is said: mostly in the first language, now and then in another."""
    left = growth.chance(seed, "language")
    for (_, said), share in zip(WORDS, SHARES, strict=True):
        if left < share:
            return said[int(growth.chance(seed, "words") * len(said))]
        left -= share
    return WORDS[0][1][0]


def _say(db: Db, places: list[Row], seed: str, at: datetime) -> None:
    if not places:
        return
    post = places[int(growth.chance(seed, "where") ** 0.5 * len(places))]  # rather under the newer ones
    login, name = growth.PEOPLE[int(growth.chance(seed, "who") * len(growth.PEOPLE))]
    if login in direct.blocked(db, post["network"], post["account"]):
        return
    if post["network"] == "whatsapp":  # whoever was sent the message writes back
        to = json.loads(post["data"] or "{}").get("to")
        if to:
            direct.write(db, "whatsapp", post["account"], to, name, words_of(seed))
        return
    if post["network"] in PRIVATE and growth.chance(seed, "private") < SHARE_PRIVATE:
        direct.write(db, post["network"], post["account"], login, name, words_of(seed))
        return
    text, parent = words_of(seed), None
    asked = "SELECT id FROM comment WHERE network=? AND post=? AND parent IS NULL AND deleted_at IS NULL"
    above = rows(db, f"{asked} ORDER BY made_at DESC LIMIT 5", post["network"], post["id"])
    if above and growth.chance(seed, "reply") < SHARE_REPLIES:
        parent = above[int(growth.chance(seed, "which") * len(above))]["id"]
        text = REPLIES[int(growth.chance(seed, "answer") * len(REPLIES))]
    insert(
        db, "comment", network=post["network"], id=growth.comment_id(db, post, at, login), post=post["id"],
        parent=parent, author=login, author_name=name, text=text, made_at=stamp(at), number=-2,
    )  # fmt: skip
