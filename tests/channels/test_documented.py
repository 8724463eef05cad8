"""Contract: what a network documents as refused has a meaning of its own, and words that its owner can act on."""

from __future__ import annotations

import json
from datetime import date

import pytest

from channels.connectors import meta, threads, x_errors
from channels.connectors.base import OutcomeKind as K
from channels.connectors.mastodon import refusals as mastodon
from channels.connectors.registry import CONNECTORS
from channels.connectors.whatsapp import errors as whatsapp
from channels.wire import Answer
from tests.channels.documented import DOCUMENTED, Row, every_row

pytestmark = pytest.mark.unit


def answer(row: Row) -> Answer:
    body = row.body if isinstance(row.body, bytes) else json.dumps(row.body).encode()
    return Answer("POST", "https://net.example/post", row.status, {}, body, 0.1)


def name(value) -> str:
    if isinstance(value, Row):
        error = value.body.get("error") if isinstance(value.body, dict) else ""
        said = value.body if not isinstance(error, dict) else error
        return f"{value.status}-{str(said)[:60]}"
    return str(value)


def test_every_network_names_its_pages_and_when_they_were_read():
    assert set(DOCUMENTED) == {connector.platform for connector in CONNECTORS}
    for documented in DOCUMENTED.values():
        assert documented.rows
        assert all(page.startswith("https://") for page in documented.pages)
        assert date.fromisoformat(documented.read_on) >= date(2026, 11, 1)


@pytest.mark.parametrize(("platform", "row"), list(every_row()), ids=name)
def test_what_is_documented_has_a_meaning_and_words(platform, row):
    connector = CONNECTORS[platform]

    outcome = connector.classify(answer(row))

    assert outcome.kind is row.kind
    assert row.words in outcome.message
    assert outcome.message.endswith((".", ")", "!", "?")), outcome.message
    assert "{" not in outcome.message
    assert f"{connector.label} refuses this" not in outcome.message  # which is said of what nobody wrote down
    waits = row.kind is K.RATE or (row.kind is K.BUSY and outcome.retry_after_s is not None)
    assert (outcome.retry_after_s is not None) is waits


def heard(platform: str) -> set[str]:
    return {CONNECTORS[platform].classify(answer(row)).message for row in DOCUMENTED[platform].rows}


def test_no_row_of_x_stands_in_our_table_without_a_page_or_a_witness():
    said = {r[-1].replace(" {said}", "") for r in x_errors.REFUSALS}
    found = {each.partition(" It says:")[0] for each in heard("x")}

    assert said <= found


def test_no_row_of_mastodon_stands_in_our_table_without_a_page_or_a_witness():
    said = {r[-1].replace("{server}", "net.example").partition("{said}")[0] for r in mastodon.REFUSALS}

    assert all(any(each.startswith(words) for each in heard("mastodon")) for words in said)


def codes(*platforms: str) -> set[tuple[int, int]]:
    return {meta.numbers(row.body["error"]) for platform in platforms for row in DOCUMENTED[platform].rows}


def test_no_code_of_meta_stands_in_our_tables_without_a_page_or_a_witness():
    known = codes("facebook", "instagram", "threads")

    assert {(code, subcode or 0) for code, subcode in meta.MEANINGS} <= known
    assert set(threads.MEANINGS) <= codes("threads")
    assert set(meta.SUBCODES) <= {subcode for _, subcode in known}
    words = [row.body["error"]["message"] for p in ("instagram", "threads") for row in DOCUMENTED[p].rows]
    assert set(meta.NAMED) <= set(words)
    assert set(whatsapp.MEANINGS) <= {code for code, _ in codes("whatsapp")}


@pytest.mark.parametrize("reason", sorted(threads.FAILURES))
def test_why_threads_made_no_post_of_a_container(reason):
    again, words = threads.FAILURES[reason]
    outcome = CONNECTORS["threads"].failed("container 1", f"{reason}: more")

    assert (outcome.kind, outcome.message) == (K.BUSY if again else K.CONTENT, words)
    assert bool(outcome.redo) is again


@pytest.mark.parametrize("subcode", sorted(each for each in meta.SUBCODES if 2_207_000 < each < 2_208_000))
def test_why_instagram_made_no_post_of_a_container(subcode):
    kind, words = meta.SUBCODES[subcode]
    outcome = CONNECTORS["instagram"].failed("container 1.1", f"Error: {subcode}")

    assert outcome.message == words.replace("{label}", "Instagram")
    assert outcome.kind is (K.BUSY if subcode in meta.NEW_CONTAINER else kind)
