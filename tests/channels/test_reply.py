"""A payload that answers a post which is out: really below it, found again after a lost answer, never lost silently."""

from __future__ import annotations

import uuid

import pytest

from channels.connectors.base import LookupKind, OutcomeKind, UnsupportedFeature
from channels.connectors.registry import CONNECTORS

PARTS = [{"text": "Correction", "link": "", "media": []}]


def payload(*texts: str, **more) -> dict:
    parts = [{"text": text, "link": "", "media": []} for text in texts]
    head = {"schema": 1, "format": "x.thread", "platform": "x", "language": "en"}
    return {**head, "reply_to": None, **more, "parts": parts}


@pytest.fixture
def tag():
    return uuid.uuid4().hex[:10]


@pytest.mark.db
def test_x_correction_stands_below_the_post_it_corrects(drive, ledger, tag):
    drive(payload(f"{tag} wrong")).run()
    (first,) = ledger("x", tag)

    drive(payload(f"{tag} Correction", f"{tag} more", reply_to=first["remote_id"])).run()

    rows = ledger("x", tag)
    assert [row["reply_to"] for row in rows] == [None, first["remote_id"], rows[1]["remote_id"]]


@pytest.mark.db
def test_x_lost_reply_is_found_by_its_parent_and_a_post_of_its_own_is_not_taken_for_it(
    drive, ledger, fault, tag
):
    words = f"{tag} Correction"
    first = drive(payload(f"{tag} wrong")).run().refs["commit"]["id"]
    reply = drive(payload(words, reply_to=first))
    fault("x", "POST /2/tweets", "lost_answer")

    assert reply.one("commit").kind is OutcomeKind.UNKNOWN

    assert reply.look("commit").kind is LookupKind.FOUND
    assert drive(payload(words)).look("commit").kind is not LookupKind.FOUND


@pytest.mark.unit
@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_a_network_without_replies_refuses_one_before_anything_is_sent(platform):
    connector = CONNECTORS[platform]

    with pytest.raises(UnsupportedFeature, match="a reply to a post"):
        connector.plan({"format": f"{platform}.post", "reply_to": "77", "parts": PARTS}, None)


@pytest.mark.unit
def test_every_connector_says_how_a_post_can_be_mended():
    assert {"x", "threads"} <= {c.platform for c in CONNECTORS if c.can_reply}
    assert all(c.mending for c in CONNECTORS)
