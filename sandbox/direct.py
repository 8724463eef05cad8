"""Direct messages to an account, the same on Facebook and Instagram: people write, and may be answered for 24 hours.

They lie in the table of comments: `post` is `direct:<account>`, `parent` the conversation (one per person), `author`
the person's id or our account's.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from flask import Response, jsonify

from sandbox import graph, growth
from sandbox.box import box
from sandbox.graph import Field, bad, fail, missing, param, pick, say
from sandbox.store import Db, Row, insert, instant, one, put_setting, rows, setting, stamp

WINDOW = timedelta(hours=24)
REPLY_WITHIN = timedelta(days=7)  # of a comment; once
MAX_BYTES = 1000
WORDS = (
    "May I ask something that is not for everybody to read?",
    "Hello, whom can I send the photos from last Saturday?",
    "I had no answer to my letter of March. Can you look into it?",
    "Is it possible to bring my dog?",
)


REPLIED = "replied in private "
PREFIX = {"x": "", "whatsapp": "wamid.HBg"}  # how ids of messages begin, where not as Meta's


def person_id(login: str) -> str:
    return str(6 * 10**15 + int(hashlib.sha256(login.encode()).hexdigest()[:10], 16))


def box_of(account: str) -> str:
    return f"direct:{account}"


def write(db: Db, network: str, account: str, login: str, name: str, text: str, number: int = -2) -> str:
    """A person writes to the account; returns the message's id."""
    now = box().now()
    message = f"{PREFIX.get(network, 'm_')}{growth.remote_id(db, network, now)}"
    insert(
        db, "comment", network=network, id=message, post=box_of(account), parent=f"t_{person_id(login)}",
        author=login, author_name=name, text=text, made_at=stamp(now), number=number,
    )  # fmt: skip
    if network == "whatsapp":  # who has written may be answered
        put_setting(db, "whatsapp open", sorted({*setting(db, "whatsapp open", []), login}))
    return message


def tags_of(account: str) -> str:
    return f"tagged:{account}"


def tag(db: Db, network: str, account: str, login: str, name: str, text: str) -> str:
    """Somebody tags an account (Facebook, Instagram, Threads, LinkedIn) in a post of their own; returns the post's id."""
    now = box().now()
    medium = growth.remote_id(db, network, now)
    if network == "facebook":
        medium = f"{person_id(login)}_{medium}"
    elif network == "linkedin":
        medium = f"urn:li:share:{medium.rpartition(':')[2]}"
    insert(
        db, "comment", network=network, id=medium, post=tags_of(account), parent=None, author=login,
        author_name=name, text=text, made_at=stamp(now), number=-2,
    )  # fmt: skip
    return medium


def tagged(db: Db, network: str, account: str) -> list[Row]:
    """Posts of others in which the account is tagged, newest first."""
    sql = "SELECT * FROM comment WHERE network=? AND post=? AND deleted_at IS NULL ORDER BY made_at DESC, id"
    return rows(db, sql, network, tags_of(account))


def mention(db: Db, account: str, login: str, name: str, text: str) -> str:
    """Somebody names an Instagram account with an @ in a comment under a post of their own; returns the comment's id."""
    comment, medium = (
        growth.remote_id(db, "instagram", box().now()),
        growth.remote_id(db, "instagram", box().now()),
    )
    insert(
        db, "comment", network="instagram", id=comment, post=f"mentioned:{account}", parent=medium, author=login,
        author_name=name, text=text, made_at=stamp(box().now()), number=-2,
    )  # fmt: skip
    return comment


def mentioned(db: Db, account: str) -> list[Row]:
    """Comments of others that name the account; no list of the network has them."""
    sql = "SELECT * FROM comment WHERE network='instagram' AND post=? AND deleted_at IS NULL ORDER BY made_at, id"
    return rows(db, sql, f"mentioned:{account}")


def arrive(db: Db, network: str, account: str) -> None:
    """Now and then somebody who has seen a post writes about it in private; each once."""
    have = {row["number"] for row in _all(db, network, account)}
    posts = "SELECT * FROM post WHERE network=? AND account=? AND deleted_at IS NULL"
    for post in rows(db, posts, network, account):
        seed = f"{network}|{account}|{post['text']}"
        number = int(post["id"].rpartition("_")[2][-9:])
        age = growth.age_d(box().pace, post["made_at"], box().now(), setting(db, "ahead_s", 0))
        if number in have or growth.chance(seed, "writes") > 0.4 or age < 0.3:
            continue
        login, name = growth.PEOPLE[int(growth.chance(seed, "writer") * len(growth.PEOPLE))]
        text = WORDS[int(growth.chance(seed, "words") * len(WORDS))]
        write(db, network, account, login, name, text, number)


def conversations(network: str, me: Row, shown_name: str) -> Response:
    asked = graph.asked_fields()
    with box().store.tx() as db:
        arrive(db, network, me["id"])
        talks: dict[str, list[Row]] = {}
        for row in _all(db, network, me["id"]):
            talks.setdefault(row["parent"], []).append(row)
        newest = sorted(talks.items(), key=lambda item: item[1][-1]["made_at"], reverse=True)
        found = [{"id": talk, "said": said, "person": _known(db, network, talk)} for talk, said in newest]
        return jsonify(graph.listing(found, lambda row: _talk_json(row, asked, me, shown_name)))


def conversation(network: str, me: Row, talk: str, shown_name: str) -> Response:
    with box().store.tx() as db:
        said = [row for row in _all(db, network, me["id"]) if row["parent"] == talk]
        person = _known(db, network, talk)
    if not said:
        raise missing(talk)
    row = {"id": talk, "said": said, "person": person}
    return jsonify(_talk_json(row, graph.asked_fields(), me, shown_name))


def send(network: str, me: Row) -> Response:
    """Answer a person within 24 hours of their last message, or a comment once within seven days."""
    recipient, message = _object("recipient"), _object("message")
    text = message.get("text")
    if not isinstance(text, str) or not text.strip() or set(message) - {"text"}:
        raise bad("Param message must have a text")
    if len(text.encode()) > MAX_BYTES and network == "instagram":
        raise bad("Param message[text] must be at most 1000 bytes")
    if set(recipient) not in ({"id"}, {"comment_id"}):
        raise bad("Param recipient must have an id or a comment_id")
    now = box().now()
    with box().store.tx() as db:
        if "comment_id" in recipient:
            talk = _begun(db, network, me, str(recipient["comment_id"]))
        else:
            talk = f"t_{recipient['id']}"
            said = [row for row in _all(db, network, me["id"]) if row["parent"] == talk]
            theirs = [row for row in said if row["author"] != me["id"]]
            if not theirs and not said:
                raise fail(100, "No matching user found", 2018001)
            if not theirs or instant(theirs[-1]["made_at"]) + WINDOW < now:
                raise fail(10, "This message is sent outside of allowed window.", 2018278)
        mid = f"m_{growth.remote_id(db, network, now)}"
        insert(
            db, "comment", network=network, id=mid, post=box_of(me["id"]), parent=talk, author=me["id"],
            author_name=me["name"], text=text, made_at=stamp(now), number=-1,
        )  # fmt: skip
    return jsonify(recipient_id=talk[2:], message_id=mid)


def replied(db: Db, network: str) -> list[str]:
    """The comments that were answered in private."""
    found: list[str] = setting(db, REPLIED + network, [])
    return found


def may_reply(comment: Row, account: str, replied: list[str]) -> bool:
    """Whether a comment may be answered in private: of somebody else, young enough, not answered so before."""
    old = instant(comment["made_at"]) + REPLY_WITHIN < box().now()
    return comment["author"] != account and not old and comment["id"] not in replied


def _begun(db: Db, network: str, me: Row, comment_id: str) -> str:
    """The conversation that a private answer to a comment begins, or goes on in."""
    sql = (
        "SELECT comment.* FROM comment JOIN post ON post.network=comment.network AND post.id=comment.post"
        " WHERE comment.network=? AND comment.id=? AND post.account=? AND comment.deleted_at IS NULL"
    )
    comment = one(db, sql, network, comment_id, me["id"])
    if comment is None:
        raise missing(comment_id)
    if not may_reply(comment, me["id"], replied(db, network)):
        raise fail(10900, "(#10900) This comment was replied to already, is too old, or is your own.")
    put_setting(db, REPLIED + network, [*replied(db, network), comment_id])
    talk = f"t_{person_id(comment['author'])}"
    put_setting(db, f"person {network} {talk}", [comment["author"], comment["author_name"]])
    return talk


def _object(name: str) -> dict[str, Any]:
    try:
        found = json.loads(param(name))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad(f"Param {name} must be an object")
    return found


def _all(db: Db, network: str, account: str) -> list[Row]:
    sql = "SELECT * FROM comment WHERE network=? AND post=? AND deleted_at IS NULL ORDER BY made_at, id"
    return rows(db, sql, network, box_of(account))


def _talk_json(row: Row, asked: tuple[Field, ...], me: Row, shown_name: str) -> dict[str, Any]:
    def messages(wanted: Field) -> Any:
        limit = int(wanted.args.get("limit", "25"))
        return {"data": [_message_json(one, wanted.sub, me, shown_name) for one in row["said"][::-1][:limit]]}

    theirs = [one for one in row["said"] if one["author"] != me["id"]]
    first = theirs[0] if theirs else row["said"][0] | row["person"]
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "updated_time": say(graph.told(row["said"][-1]["made_at"])),
        "participants": say({"data": [_person(first, me, shown_name), _us(me, shown_name)]}),
        "messages": messages,
    }
    return pick("Conversation", asked, ("updated_time", "id"), getters)


def _known(db: Db, network: str, talk: str) -> Row:
    """Who was written to first, before they have said a word there."""
    login, name = setting(db, f"person {network} {talk}", ["", ""])
    return {"author": login, "author_name": name}


def _message_json(row: Row, asked: tuple[Field, ...], me: Row, shown_name: str) -> dict[str, Any]:
    ours = row["author"] == me["id"]
    them = {shown_name: row["author_name"], "id": row["parent"][2:]}
    getters: dict[str, graph.Getter] = {
        "id": say(row["id"]),
        "from": say(_us(me, shown_name) if ours else _person(row, me, shown_name)),
        "to": say({"data": [them if ours else _us(me, shown_name)]}),
        "message": say(row["text"]),
        "created_time": say(graph.told(row["made_at"])),
    }
    return pick("Message", asked, ("id", "created_time"), getters)


def _person(row: Row, me: Row, shown_name: str) -> dict[str, str]:
    name = row["author"] if shown_name == "username" else row["author_name"]
    return {shown_name: name, "id": row["parent"][2:]}


def _us(me: Row, shown_name: str) -> dict[str, str]:
    return {shown_name: me["handle"] if shown_name == "username" else me["name"], "id": me["id"]}


# Blocked people: nothing that they say reaches the account. Kept by the name they write under.


def blocked(db: Db, network: str, account: str) -> list[str]:
    found: list[str] = setting(db, f"blocked {network} {account}", [])
    return found


def block(db: Db, network: str, account: str, login: str, on: bool) -> None:
    others = [each for each in blocked(db, network, account) if each != login]
    put_setting(db, f"blocked {network} {account}", [*others, login] if on else others)
