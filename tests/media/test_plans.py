import pytest

from media import plans
from media.errors import RenderError

pytestmark = pytest.mark.unit


def test_key_is_stable_and_depends_on_every_part(card):
    plan = card("quote", body="Words", speaker="A")
    other_order = dict(reversed(plan.items()))

    assert plans.plan_key(plan) == plans.plan_key(other_order)
    assert len(plans.plan_key(plan)) == 64
    for changed in (
        plan | {"text": {"body": "Word", "speaker": "A"}},
        plan | {"size": [432, 541]},
        plan | {"look": plan["look"] | {"colour": "#0b5c64"}},
        plan | {"source": {"path": "a.jpg", "sha256": "0" * 64}},
    ):
        assert plans.plan_key(changed) != plans.plan_key(plan)


def test_key_is_of_the_files_and_not_of_where_they_lie(card):
    def plan(path, sha256, logo="l.png"):
        photo = {"path": path, "sha256": sha256, "focus": {"x": 0.5}}
        return card("cover", photo=photo, look={"logo": {"path": logo, "sha256": "1" * 64}}, headline="Hi")

    key = plans.plan_key(plan("a.jpg", "0" * 64))
    assert key == plans.plan_key(plan("a_Xy12.jpg", "0" * 64, logo="other.png"))
    assert key != plans.plan_key(plan("a.jpg", "2" * 64))
    assert plans.plan_key(plan("a.jpg", "")) != plans.plan_key(plan("b.jpg", ""))
    film = {"kind": "film", "slides": [{"source": {"path": "a.jpg", "sha256": "0" * 64}}]}
    again = {"kind": "film", "slides": [{"source": {"path": "b.jpg", "sha256": "0" * 64}}]}
    assert plans.plan_key(film) == plans.plan_key(again)


def test_key_survives_a_json_column(card):
    """A database may give 3.0 back as 3, a tuple as a list."""
    plan = card("text", body="x") | {"slide_s": 3.0, "safe": (0, 0, 0, 0)}

    assert plans.plan_key(plan) == plans.plan_key(plan | {"slide_s": 3, "safe": [0, 0, 0, 0]})


def test_key_changes_with_fonts_and_renderer(card, monkeypatch):
    plan = card("text", body="x")
    before = plans.plan_key(plan)

    monkeypatch.setattr(plans.typefaces, "digest", lambda: "other fonts")
    assert plans.plan_key(plan) != before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "poster"}, "kind 'poster'"),
        ({"version": 9}, "does not know"),
        ({"template": "banner"}, "no card called 'banner'"),
        ({"size": [10, 10]}, "10 × 10"),
        ({"size": [40000, 40000]}, "4096"),
    ],
)
def test_unknown_plans_are_refused(card, change, message):
    with pytest.raises(RenderError, match=message):
        plans.check(card("text", body="x") | change)


def test_sources_stay_in_the_media_folder(tmp_path):
    with pytest.raises(RenderError, match="outside the media folder"):
        plans.source_path({"path": "../secret.txt"}, tmp_path)


def test_a_replaced_source_is_noticed(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"new")

    with pytest.raises(RenderError, match="was replaced"):
        plans.checked_source({"path": "a.jpg", "sha256": "0" * 64}, tmp_path, "picture")
    with pytest.raises(RenderError, match="no longer in the library"):
        plans.checked_source({"path": "b.jpg", "sha256": ""}, tmp_path, "picture")
