"""How attention comes to a post: numbers that only grow, and a few people who say something.

Everything follows from the post itself (network, account, kind, text), so the same post has the same fate in every run.
Each network has its own curve: X is quick and short, Facebook slower, an Instagram reel has a long tail.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.box import Pace
from sandbox.store import Db, Row, insert, instant, next_number, one, rows, setting, stamp


@dataclass(frozen=True)
class Curve:
    half_d: float  # days until half of all attention has come
    shape: float  # below 1: a sharp start and a long tail; above 1: slow to start
    reach: float  # people reached in the end, as a share of the followers
    rates: dict[str, float]  # per person reached


CURVES = {
    ("x", "post"): Curve(0.22, 0.8, 0.55, {
        "views": 1.6, "likes": 0.011, "shares": 0.0028, "quotes": 0.0006, "saves": 0.0012,
        "clicks": 0.009, "profile_visits": 0.0045, "follows": 0.0004, "comments": 0.0016,
    }),
    ("facebook", "post"): Curve(0.9, 0.9, 0.38, {
        "views": 1.35, "likes": 0.021, "shares": 0.0031, "clicks": 0.024,
        "comments": 0.0034,
    }),
    ("facebook", "video"): Curve(1.4, 0.85, 0.62, {
        "views": 1.5, "likes": 0.024, "shares": 0.006, "clicks": 0.008, "comments": 0.003,
        "watch_s": 9.5, "follows": 0.0007,
    }),
    ("instagram", "feed"): Curve(0.6, 0.95, 0.48, {
        "views": 1.45, "likes": 0.046, "shares": 0.0052, "saves": 0.0085,
        "comments": 0.0036, "profile_visits": 0.011, "follows": 0.0011,
    }),
    ("instagram", "reel"): Curve(2.2, 0.75, 1.7, {
        "views": 1.8, "likes": 0.038, "shares": 0.0125, "saves": 0.0071, "comments": 0.0025,
        "watch_s": 11.2,
    }),
    ("linkedin", "post"): Curve(1.6, 1.1, 0.42, {
        "impressions": 1.7, "likes": 0.026, "shares": 0.0022, "clicks": 0.019, "comments": 0.0021,
    }),
    ("whatsapp", "post"): Curve(0.1, 0.8, 1.0, {"views": 1.0}),
    ("threads", "post"): Curve(0.3, 0.85, 0.5, {
        "views": 1.5, "likes": 0.02, "shares": 0.0024, "quotes": 0.0007, "sent": 0.0018, "comments": 0.0034,
    }),
    ("tiktok", "video"): Curve(0.7, 0.65, 2.4, {
        "views": 1.5, "likes": 0.06, "shares": 0.007, "saves": 0.006, "comments": 0.0035, "watch_s": 8.0,
    }),
    ("tiktok", "photo"): Curve(0.6, 0.7, 1.6, {
        "views": 1.4, "likes": 0.05, "shares": 0.005, "saves": 0.008, "comments": 0.003,
    }),
    ("youtube", "video"): Curve(2.6, 0.7, 1.9, {
        "views": 1.4, "likes": 0.03, "shares": 0.004, "saves": 0.003, "comments": 0.0022, "watch_s": 14.0,
        "follows": 0.0016,
    }),
}  # fmt: skip

COMMENTS = (
    "Finally! Where do I sign up?",
    "Is there parking near the meeting point?",
    "My kids loved it last year. Count us in.",
    "How much does this cost the town?",
    "Will the path be closed on that day?",
    "Thank you to everyone who makes this possible 💚",
    "What happens if it rains?",
    "The bins by the bridge have been full for two weeks, by the way.",
    "Great news for the river. Well done!",
    "Where can I read the figures behind this?",
    "Can wheelchair users take part?",
    "You said the same thing last spring and nothing happened.",
)
PEOPLE = (
    ("mara_lind", "Mara Lind"),
    ("tomas.okafor", "Tomás Okafor"),
    ("jonahb", "Jonah Bright"),
    ("riverwalker", "Edda Moss"),
    ("p_castell", "Pia Castell"),
    ("old_mill_anna", "Anna Hargreave"),
    ("samir.k", "Samir Kaya"),
    ("weir_watch", "Weir Watch"),
)


def age_d(pace: Pace, made_at: str, now: datetime, ahead_s: float = 0) -> float:
    """Return the age in days as this sandbox lives them; `ahead_s` is the time that was skipped by hand."""
    return max(0.0, (now - instant(made_at)).total_seconds() + ahead_s) / pace.day_s


def curve_of(network: str, kind: str) -> Curve:
    """The curve of this kind of post; a network adds its own to ``CURVES`` under its name and kind, or "post"."""
    kind = {("facebook", "reel"): "video", ("instagram", "reel"): "reel"}.get((network, kind), kind)
    usual = "feed" if network == "instagram" else "post"
    return CURVES.get((network, kind)) or CURVES[network, usual]


def chance(seed: str, what: str) -> float:
    """Return an always equal number in [0, 1) for this seed and word."""
    digest = hashlib.sha256(f"{seed}|{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def grown(curve: Curve, age: float) -> float:
    """Return the share of all attention that has come at this age: 0 at birth, one half at `half_d`, towards 1."""
    return 1 - math.exp(-math.log(2) * (age / curve.half_d) ** curve.shape) if age > 0 else 0.0


def numbers(post: Row, followers: int, age: float) -> dict[str, int]:
    """Return the counts at this age by plain names, `reach` among them. Monotone in `age`."""
    curve = curve_of(post["network"], post["kind"])
    seed = _seed(post)
    luck = math.exp(1.1 * (chance(seed, "luck") - 0.45))
    if post["media"] not in (None, "", "[]"):
        luck *= 1.35
    if post["reply_to"]:
        luck *= 0.45
    people = followers * curve.reach * luck
    counts = {"reach": int(people * grown(curve, age))}
    for name, rate in curve.rates.items():
        own = rate * (0.6 + 0.8 * chance(seed, name))
        lag = 1 + 0.6 * chance(seed, f"{name} lag")  # people like at once and save or follow later
        counts[name] = int(people * own * grown(curve, age / lag))
    return counts


def said_by(post: Row, curve: Curve, age: float) -> list[tuple[int, float]]:
    """Return (number of the comment, age in days at which it came) of those that have come by now."""
    seed = _seed(post)
    share = 0.35 if post["reply_to"] else 1.0
    total = int(1 + share * 4.99 * chance(seed, "how many"))
    if post["reply_to"] and chance(seed, "silent") < 0.6:
        total = 0
    came = []
    for number in range(total):
        at = curve.half_d * (0.08 + 1.6 * chance(seed, f"comment {number}"))
        if at <= age:
            came.append((number, at))
    return came


def _seed(post: Row) -> str:
    return "|".join((post["network"], post["account"], post["kind"], post["text"] or ""))


def arrive(db: Db, pace: Pace, post: Row, now: datetime, handle: str = "") -> None:
    """Write down the comments that have come to this post by now. Each is written once."""
    ahead = setting(db, "ahead_s", 0)
    seed = _seed(post)
    have = {
        row["number"]
        for row in rows(
            db, "SELECT number FROM comment WHERE network=? AND post=?", post["network"], post["id"]
        )
    }
    came = said_by(post, curve_of(post["network"], post["kind"]), age_d(pace, post["made_at"], now, ahead))
    for number, at in came:
        if number in have:
            continue
        login, name = PEOPLE[int(chance(seed, f"who {number}") * len(PEOPLE))]
        text = COMMENTS[(int(chance(seed, "first") * len(COMMENTS)) + number * 5) % len(COMMENTS)]
        made_at = instant(post["made_at"]) + timedelta(seconds=at * pace.day_s - min(ahead, at * pace.day_s))
        insert(
            db,
            "comment",
            network=post["network"],
            id=comment_id(db, post, now, login),
            post=post["id"],
            parent=None,
            author=login,
            author_name=name,
            text=f"@{handle} {text}" if handle else text,
            made_at=stamp(min(made_at, now)),
            number=number,
        )


def remote_id(db: Db, network: str, now: datetime) -> str:
    """Return the next id in the manner of the network; ids grow with time."""
    ms = int(now.timestamp() * 1000)
    base = {
        "x": (ms - 1_288_834_974_657) << 22,
        "facebook": 122_000_000_000_000 + (ms % 10**11) * 10,
        "instagram": 17_900_000_000_000_000 + (ms % 10**12) * 10,
    }.get(network, ms << 16)
    return str(next_number(db, f"{network} id", base))


COMMENT_IDS: dict[str, Callable[[str, str], str]] = {}  # (number, login) -> how a network spells it


QUOTES = "quoting:"


def quotes_of(account: str) -> str:
    return f"{QUOTES}{account}"


def quote(db: Db, post: Row, login: str, name: str, text: str, now: datetime) -> str:
    """Somebody quotes a post in one of their own; it stands beside the comments, under the account."""
    made = comment_id(db, post, now, login)
    insert(
        db, "comment", network=post["network"], id=made, post=quotes_of(post["account"]), parent=None, author=login,
        author_name=name, text=text, made_at=stamp(now), number=-2,
    )  # fmt: skip
    return made


def comment_id(db: Db, post: Row, now: datetime, login: str = "somebody") -> str:
    number = remote_id(db, post["network"], now)
    if spell := COMMENT_IDS.get(post["network"]):
        return spell(number, login)
    return f"{post['id'].partition('_')[2]}_{number}" if post["network"] == "facebook" else number


def comments_of(db: Db, network: str, post: str) -> list[Row]:
    return rows(
        db,
        "SELECT * FROM comment WHERE network=? AND post=? AND deleted_at IS NULL ORDER BY made_at, id",
        network,
        post,
    )


def find_post(db: Db, network: str, post_id: str) -> Row | None:
    return one(db, "SELECT * FROM post WHERE network=? AND id=? AND deleted_at IS NULL", network, post_id)
