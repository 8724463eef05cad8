"""Another picture or another crop, chosen in the editor: from what a person names to a plan that the server keeps.

The form carries keys of plans, never plans (docs/adr/0004). What somebody chooses is checked here, becomes a plan, and waits
as a :class:`~formats.models.ChosenPlan` under its key until the form that names the key is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from wagtail.images import get_image_model
from wagtail.permissions import policy_registry

from formats.core import items, plans
from formats.core.draft import MediaItem, Part
from formats.core.piece import FileRef, Focus, Picture, Piece
from formats.models import ChosenPlan, Variant, key_of
from formats.variants import piece_of, request_media
from work import clock

Plan = Mapping[str, Any]
UNSAVED = timedelta(days=30)  # how long an editor may stay open with a choice in it
PICTURED = ("cover", "picture")  # cards that a picture fills, with its credit at the foot


class BadChoice(ValueError):
    """Nothing of this name can be chosen here; the message is for the person."""


@dataclass(frozen=True)
class Chosen:
    """What will stand there, and what is known about it."""

    plan: Plan
    alt: str = ""
    role: str = "picture"
    sources: tuple[str, ...] = ()


# Keeping --------------------------------------------------------------------------------------------------------------
def offer(variant: Variant, plan: Plan) -> str:
    """Keep a plan for this variant until it is saved, ask for its file, and return its key. May be called again."""
    key = key_of(plan)
    if key not in variant.plans:
        try:
            with transaction.atomic():
                ChosenPlan.objects.get_or_create(variant_id=variant.pk, key=key, defaults={"plan": plan})
        except IntegrityError:  # somebody chose the same at the same moment
            pass
        variant.plans = {**variant.plans, key: plan}
        request_media([Part("", (MediaItem(plan, "", ""),))], campaign=variant.campaign_id)
    return key


def adopt(variant: Variant) -> None:
    """Take the plans of which the parts name the keys into the variant (not saved here). Asks only for unknown keys."""
    missing = {key for key in keys(variant.parts) if key and key not in variant.plans}
    if missing:
        found = ChosenPlan.objects.filter(variant_id=variant.pk, key__in=missing)
        variant.plans = {**variant.plans, **dict(found.values_list("key", "plan"))}


def prune() -> None:
    """Forget what was chosen and never saved within a month; what was saved stands in the variant. Safe to call twice."""
    ChosenPlan.objects.filter(created_at__lt=clock.now() - UNSAVED).delete()


def keys(parts: Iterable[Any]) -> Iterable[str]:
    for child in parts:
        for item in child.value.get("media") or ():
            yield item.get("key") or ""
            yield item.get("before") or ""


# Choosing -------------------------------------------------------------------------------------------------------------
def choose(variant: Variant, name: str, *, instead_of: str = "", by: Any) -> Chosen:
    """What ``name`` stands for (``image:12``, ``story:<block>``, ``card:<key>``), in the place of the plan with a key.

    Raises BadChoice for what does not exist or is not this person's to use.
    """
    kind, _, which = name.partition(":")
    base = variant.plans.get(instead_of)
    if kind == "card":
        if which not in variant.plans:
            raise BadChoice("This card is no longer there. Choose another one.")
        return Chosen(variant.plans[which])
    piece = piece_of(variant.story)
    if kind == "story":
        picture = next((p for p in piece.of(Picture) if p.id == which), None)
        if picture is None:
            raise BadChoice("The story no longer has this picture. Choose another one.")
        return _with_picture(variant, piece, picture, base)
    if kind == "image":
        return _with_picture(variant, piece, _library_picture(which, by), base, sources=())
    raise BadChoice("Choose one of the pictures shown.")


def crop(plan: Plan, x: float, y: float) -> Plan:
    """The same card with another focal point (fractions of the picture's width and height)."""
    if not plan.get("source") or plan.get("kind") != "card":
        raise BadChoice("This one has no picture that could be cropped.")
    focus = {"x": _fraction(x), "y": _fraction(y), "width": 0.0, "height": 0.0}
    return {**plan, "source": {**plan["source"], "focus": focus}}


def passage(
    plan: Plan, start_s: float, end_s: float, *, x: float | None, y: float | None, cover_s: float | None
) -> Plan:
    """The same cut of another passage of its video: from ``start_s`` to ``end_s`` of the source, around a centre.

    ``x`` and ``y`` are fractions of the frame; without them the centre that was chosen before stays, and where none was, it
    is left to the renderer. ``cover_s`` is where in the source the cover picture is taken; None leaves it to the renderer.
    """
    whole_s, end_card_s = _cuttable(plan), plans.end_card_s(plan)
    longest, shortest = float(plan["max_s"]) - end_card_s, max(0.0, float(plan["min_s"]) - end_card_s)
    length = round(end_s - start_s, 2)
    if not 0 <= start_s < end_s <= whole_s + 0.05:
        raise BadChoice(f"The passage begins before it ends, and both lie between 0 and {whole_s:.1f} s.")
    if length > longest + 0.05:
        raise BadChoice(
            f"The passage is {length:.1f} s long; at most {longest:.1f} s fit. Let it end earlier."
        )
    if length < shortest:
        raise BadChoice(f"The passage is {length:.1f} s long; at least {shortest:.1f} s are needed.")
    if cover_s is not None and not start_s <= cover_s <= end_s:
        raise BadChoice("The cover picture is taken from within the passage.")
    chosen = {
        "start_s": round(start_s, 2),
        "length_s": min(length, round(longest, 2)),
    }
    cover = {} if cover_s is None else {"cover_s": round(cover_s - start_s, 2)}
    return {**own_passage(plan), **chosen, **_centre(plan, x, y), **cover}


def _centre(plan: Plan, x: float | None, y: float | None) -> Plan:
    before = plan.get("centre")
    if x is None and y is None:
        return {"centre": before} if before else {}
    middle = before or {"x": 0.5, "y": 0.5}
    centre = {"x": middle["x"] if x is None else x, "y": middle["y"] if y is None else y}
    return {"centre": {name: _fraction(value) for name, value in centre.items()}}


MOST_NAME, MOST_ROLE = 60, 80


def speaking(plan: Plan, name: str, role: str) -> Plan:
    """The same cut with a lower third that says who speaks; without a name, with none."""
    _cuttable(plan)
    name, role = " ".join(name.split()), " ".join(role.split())
    plain = {k: v for k, v in plan.items() if k != "lower_third"}
    if role and not name:
        raise BadChoice("Say who speaks: a name goes before what they are.")
    if len(name) > MOST_NAME or len(role) > MOST_ROLE:
        raise BadChoice(
            f"Who speaks is written in at most {MOST_NAME} characters, what they are in {MOST_ROLE}."
        )
    return {**plain, "lower_third": {"name": name, "role": role}} if name else plain


def own_passage(plan: Plan) -> Plan:
    """The same cut with the passage left to the renderer again."""
    _cuttable(plan)
    return {k: v for k, v in plan.items() if k not in ("length_s", "centre", "cover_s")} | {"start_s": None}


def _cuttable(plan: Plan) -> float:
    """How long the video is of which this is a cut, in seconds."""
    if plan.get("kind") != "cut":
        raise BadChoice("This one is not cut out of a video.")
    return float(plan["source"].get("duration_s") or 0)


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise BadChoice("The focal point lies between 0 and 100 %.")
    return round(value, 4)


def _library_picture(which: str, by: Any) -> Picture:
    image = usable_images(by).filter(pk=which).first() if which.isdigit() else None
    if image is None:
        raise BadChoice("This picture is not in your library any more. Choose another one.")
    return Picture("", image.to_ref(), (image.description or "").strip(), image.focus(), image.credit)


def usable_images(by: Any) -> Any:
    """The pictures of the library that a person may put into posts."""
    policy = policy_registry.get_by_type(get_image_model())
    return policy.instances_user_has_any_permission_for(by, ["choose"])


def _with_picture(
    variant: Variant,
    piece: Piece,
    picture: Picture,
    base: Plan | None,
    *,
    sources: tuple[str, ...] | None = None,
) -> Chosen:
    sources = (picture.id,) if sources is None else sources
    if base and base.get("template") in PICTURED and base.get("source"):
        return Chosen(_swapped(base, picture), picture.alt, base["template"], sources)
    size = base.get("size") if base and base.get("kind") == "card" else _canvas(variant)
    plan = items.whole_picture(piece, picture, max_bytes=_max_bytes(variant)).plan
    return Chosen({**plan, "size": list(size)} if size else plan, picture.alt, "picture", sources)


def _swapped(base: Plan, picture: Picture) -> Plan:
    """The same card around another picture; a card in its picture's own shape takes the new picture's shape."""
    text = {**base["text"], "footer": picture.credit.strip()}
    size = base["size"]
    if base["template"] == "picture" and size == _own_shape(_picture_in(base)):
        size = _own_shape(picture)
    return {
        **base,
        "size": size,
        "source": plans.picture_source(picture),
        "text": {name: value for name, value in text.items() if value},
    }


def _own_shape(picture: Picture) -> list[int]:
    return list(plans.size_of(picture, longest=1600, narrowest=0.75, widest=16 / 9))


def _picture_in(plan: Plan) -> Picture:
    source = plan["source"]
    file = FileRef(source["path"], source["sha256"], "", width=source["width"], height=source["height"])
    return Picture("", file, "", Focus())


def _canvas(variant: Variant) -> list[int] | None:
    """The shape that all cards of this variant have, where its format has one (those with a cover)."""
    covers = [plan["size"] for plan in variant.plans.values() if plan.get("template") == "cover"]
    return list(covers[-1]) if covers else None


def _max_bytes(variant: Variant) -> int:
    limit = variant.spec.limits.get("image_bytes")
    return limit.ceiling if limit is not None else plans.JPEG_BYTES
