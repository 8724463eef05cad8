"""docs/delivery-promise.md says what the connectors do: its table is made from them, and held to them here."""

from pathlib import Path

import pytest

from channels.connectors.base import StepKind, UnsupportedFeature
from channels.connectors.registry import CONNECTORS
from formats.registry import FORMATS
from publishing.pages.evidence import SAFETY

pytestmark = pytest.mark.unit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "delivery-promise.md"
PICTURE = {"kind": "image", "mime": "image/jpeg", "file": "a.jpg", "alt": "A river"}
VIDEO = {"kind": "video", "mime": "video/mp4", "file": "a.mp4", "alt": "", "cover": "a.jpg"}
SAMPLES = (  # the first that a connector takes stands for the format
    [{"text": "1", "link": "", "media": [PICTURE]}, {"text": "2", "link": "", "media": []}],
    [{"text": "1", "link": "", "media": [PICTURE]}],
    [{"text": "1", "link": "", "media": [PICTURE, PICTURE]}],
    [{"text": "1", "link": "", "media": [VIDEO]}],
    [{"text": "", "link": "", "media": [PICTURE]}, {"text": "", "link": "", "media": [PICTURE]}],
)
HEAD = (
    "| Format | Public calls | When an answer is lost | Read back | Parts deleted from here |",
    "|---|---|---|---|---|",
)


def steps_of(connector, format_id):
    videos = format_id.endswith((".reel", ".video", ".short"))
    for parts in SAMPLES:
        if videos and parts[0]["media"] != [VIDEO]:
            continue
        if len(parts) > 1 and not format_id.endswith((".thread", ".story")):
            continue
        try:
            return connector.plan({"format": format_id, "parts": parts}, None)
        except UnsupportedFeature:
            continue
    return []  # this connector cannot take the format yet; its posts fail with these words


def rows():
    for connector in CONNECTORS:
        for each in FORMATS:
            if each.platform != connector.platform:
                continue
            steps = steps_of(connector, each.id)
            if not steps:
                continue
            public = [s for s in steps if s.kind in (StepKind.COMMIT, StepKind.REPLY)]
            assert public, each.id
            words = " ".join(dict.fromkeys(SAFETY[str(s.safety)] for s in public))
            calls = "one for each part" if len(public) > 1 else "one"
            back = "yes" if any(s.kind is StepKind.VERIFY for s in steps) else "no"
            delete = "yes" if connector.can_delete else f"no, in {connector.label}'s own app"
            yield f"| {each.label} | {calls} | {words} | {back} | {delete} |"


def test_the_table_is_what_the_connectors_do():
    found = list(rows())
    wanted = "\n".join([*HEAD, *found])
    assert len(found) == sum(len(connector.publishes) for connector in CONNECTORS)

    assert wanted in PAGE.read_text(), f"The table in {PAGE.name} should read:\n\n{wanted}\n"


def test_every_class_is_explained():
    text = PAGE.read_text()
    assert [name for name in SAFETY if f"| {name.upper()} |" not in text] == []
