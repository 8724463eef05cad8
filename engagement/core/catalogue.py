"""What each network counts under the name that we give a number: its own words, since when, how late, and who says so.

Data only; reports show it on demand. A metric that is missing here is one that the network does not tell us at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Definition:
    """``theirs`` is the network's own name for it; ``since`` a version or day, "" where it has always been there.

    ``lag_h``: how many hours late it comes at most, as far as the network says so; None: as all of that network's.
    ``counts``: what is counted, where networks count different things under our name. ``until_h``: up to which age of a
    post it is told; None: always.
    """

    theirs: str
    words: str
    since: str = ""
    lag_h: int | None = None
    counts: str = ""
    until_h: int | None = None


@dataclass(frozen=True)
class Network:
    """``lag`` is how late its numbers come, for people; ``notes`` hold for all of them.

    ``lag_h``: the same in hours at most, for those of its numbers that say nothing else; 0: at once, or not stated.
    """

    lag: str
    source: str
    metrics: Mapping[str, Definition]
    notes: str = ""
    lag_h: int = 0


D = Definition
DAYS_30 = 30 * 24
END = timedelta(days=1)  # what falls silent so shortly before the end that a network states has come to it
LINKS, ANYWHERE = "clicks on the link", "clicks anywhere on the post"
SHOWN, PLAYED, READ = "times shown or played", "times played", "messages read"
DIRECT, WHOLE = "direct replies", "comments, as a rule with the answers to them"
REPOSTS, SHARED, SENT = "reposts and quotes", "times shared in any way", "times sent to somebody"

NETWORKS: Mapping[str, Network] = {
    "x": Network(
        lag="Not stated by the network.",
        source="docs.x.com, interface description v2.167, read 2026-11-23",
        notes="The posts of a thread are added up; our own next posts do not count as comments.",
        metrics={
            "impressions": D("public_metrics.impression_count", "How often a post was seen."),
            "views": D("media public_metrics.view_count", "How often its video was played.", counts=PLAYED),
            "likes": D("like_count", "Likes."),
            "comments": D("reply_count", "Replies by others.", counts=DIRECT),
            "shares": D("retweet_count + quote_count", "Reposts and quotes.", counts=REPOSTS),
            "saves": D("bookmark_count", "Bookmarks."),
            "clicks": D(
                "url_link_clicks",
                "Clicks on the link, told for the first 30 days.",
                counts=LINKS,
                until_h=DAYS_30,
            ),
            "profile_visits": D(
                "user_profile_clicks", "Clicks on the profile, told for the first 30 days.", until_h=DAYS_30
            ),
        },
    ),
    "facebook": Network(
        lag="Likes, comments and shares at once; the others up to a day: Facebook refreshes most insights every 24 hours.",
        source="developers.facebook.com/docs/graph-api/reference/insights, read 2026-11-23",
        notes="Facebook took its impressions away on 15 November 2025; views are something else and stand apart.",
        metrics={
            "reach": D(
                "post_total_media_view_unique",
                "Accounts that saw it at least once.",
                "seen with v25.0",
                lag_h=24,
            ),
            "views": D(
                "post_media_view; reels: blue_reels_play_count",
                "How often it was shown or played.",
                "seen with v25.0",
                lag_h=24,
                counts=SHOWN,
            ),
            "likes": D("reactions", "All reactions together."),
            "comments": D("comments", "Comments, answers to them included.", counts=WHOLE),
            "shares": D("shares", "How often it was shared.", counts=SHARED),
            "clicks": D("post_clicks", "Clicks anywhere on the post.", lag_h=24, counts=ANYWHERE),
            "watch_time_s": D("post_video_view_time", "Time watched by everyone together (reels).", lag_h=24),
            "follows": D("post_video_followers", "New followers through it (reels).", lag_h=24),
        },
    ),
    "instagram": Network(
        lag="Up to 48 hours.",
        lag_h=48,
        source="developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights, read 2026-11-23",
        notes="Impressions exist only for posts before 2 July 2024. Of a story numbers can be read for 24 hours only. Its "
        "replies are 0 for people in Europe and Japan.",
        metrics={
            "reach": D("reach", "Accounts that saw it at least once, as Instagram estimates."),
            "views": D("views", "How often it was shown or played.", counts=SHOWN),
            "likes": D("likes", "Likes."),
            "comments": D("comments; stories: replies", "Comments; of a story the replies.", counts=WHOLE),
            "shares": D("shares", "How often it was sent on; reposts are not in it.", counts=SENT),
            "saves": D("saved", "How often it was saved."),
            "watch_time_s": D("ig_reels_video_view_total_time", "Time watched by everyone together (reels)."),
            "follows": D("follows", "New followers through it (not of reels)."),
            "profile_visits": D("profile_visits", "Visits to the profile (not of reels)."),
            "clicks": D(
                "link_clicks", "Taps on the links of a story; of other posts none are told.", counts=LINKS
            ),
        },
    ),
    "threads": Network(
        lag="Not stated by the network.",
        source="developers.facebook.com/docs/threads/insights, read 2026-11-23",
        notes="The posts of a chain are added up; our own next posts do not count as comments.",
        metrics={
            "views": D(
                "views", "How often it was shown; Meta calls this number “in development”.", counts=SHOWN
            ),
            "likes": D("likes", "Likes."),
            "comments": D("replies", "Replies by others, answers to them included.", counts=WHOLE),
            "shares": D("reposts + quotes", "Reposts and quotes.", counts=REPOSTS),
        },
    ),
    "linkedin": Network(
        lag="Not stated by the network.",
        source="learn.microsoft.com/linkedin/marketing/community-management/organizations/share-statistics, read 2026-11-23",
        notes="A post without activity is left out of the answer; its numbers are then unknown, not 0.",
        metrics={
            "impressions": D("impressionCount", "How often it was shown."),
            "reach": D("uniqueImpressionsCount", "Different people it was shown to."),
            "likes": D("likeCount", "All reactions together."),
            "comments": D("commentCount", "Comments.", counts=WHOLE),
            "shares": D("shareCount", "Reshares.", counts=REPOSTS),
            "clicks": D("clickCount", "Clicks anywhere on the post, not on the link alone.", counts=ANYWHERE),
        },
    ),
    "youtube": Network(
        lag="Views, likes and comments soon; the others up to 72 hours later.",
        source="developers.google.com/youtube/analytics/metrics, read 2026-11-23",
        metrics={
            "views": D(
                "viewCount",
                "How often it was started.",
                "24 August 2026; before that a stricter count",
                counts=PLAYED,
            ),
            "likes": D("likeCount", "Likes."),
            "comments": D("commentCount", "Comments.", counts=WHOLE),
            "shares": D("shares", "Uses of the share button.", lag_h=72, counts=SHARED),
            "saves": D(
                "videosAddedToPlaylists", "How often it was put on a list, “watch later” included.", lag_h=72
            ),
            "watch_time_s": D(
                "estimatedMinutesWatched", "Time watched by everyone together, estimated.", lag_h=72
            ),
            "follows": D("subscribersGained", "New subscribers through it.", lag_h=72),
        },
    ),
    "mastodon": Network(
        lag="At once.",
        source="docs.joinmastodon.org/entities/Status, read 2026-11-23",
        notes="What the account’s own server knows; other servers may have seen more. Mastodon counts no views, by design.",
        metrics={
            "likes": D("favourites_count", "Favourites."),
            "comments": D("replies_count", "Direct replies by others.", counts=DIRECT),
            "shares": D(
                "reblogs_count + quotes_count",
                "Boosts; quotes on servers that count them.",
                "quotes: 4.5",
                counts=REPOSTS,
            ),
        },
    ),
    "bluesky": Network(
        lag="At once.",
        source="github.com/bluesky-social/atproto, app.bsky.feed.defs, read 2026-11-23",
        notes="The protocol has no views or reach.",
        metrics={
            "likes": D("likeCount", "Likes."),
            "comments": D("replyCount", "Direct replies by others.", counts=DIRECT),
            "shares": D("repostCount + quoteCount", "Reposts and quotes.", counts=REPOSTS),
            "saves": D("bookmarkCount", "Saved posts."),
        },
    ),
    "whatsapp": Network(
        lag="At once.",
        source="developers.facebook.com/docs/whatsapp/cloud-api, read 2026-11-23",
        notes="People can switch off that they have read a message, so views are the least there is.",
        metrics={"views": D("statuses: read", "Messages that were read.", counts=READ)},
    ),
    "tiktok": Network(
        lag="Not stated by the network.",
        source="developers.tiktok.com/doc/tiktok-api-v2-video-object, read 2026-11-23",
        notes="Only of videos that everybody may see.",
        metrics={
            "views": D("view_count", "How often it was played.", counts=PLAYED),
            "likes": D("like_count", "Likes."),
            "comments": D("comment_count", "Comments.", counts=WHOLE),
            "shares": D("share_count", "How often it was shared.", counts=SHARED),
        },
    ),
}


def definitions(metric: str, platforms: Iterable[str]) -> list[tuple[str, Definition | None]]:
    """What each of these networks means by a metric; None where it does not tell it."""
    return [(p, NETWORKS[p].metrics.get(metric) if p in NETWORKS else None) for p in platforms]


def tells(platform: str, metric: str) -> bool:
    """Whether a network tells a number at all: an empty cell then says “not yet”, else “never”."""
    return platform in NETWORKS and metric in NETWORKS[platform].metrics


def lag_h(platform: str, metric: str) -> int:
    """How many hours late a number comes at most; 0 where it comes at once, or nobody says how late."""
    network = NETWORKS.get(platform)
    if network is None or metric not in network.metrics:
        return 0
    own = network.metrics[metric].lag_h
    return network.lag_h if own is None else own


def told_until(platform: str, metric: str) -> timedelta | None:
    """The age of a post up to which a network tells a number; None: always, or not at all."""
    found = NETWORKS[platform].metrics.get(metric) if platform in NETWORKS else None
    return timedelta(hours=found.until_h) if found and found.until_h else None


def has_ended(platform: str, metric: str, age: timedelta) -> bool:
    """Whether a number that is not told at this age any more is one that its network tells no longer than that."""
    until = told_until(platform, metric)
    return until is not None and age >= until - END


def counted_apart(metric: str, platforms: Iterable[str]) -> dict[str, list[str]]:
    """What these networks count under one name, each with those that count it; empty where it is the same for all."""
    found: dict[str, list[str]] = {}
    for platform in dict.fromkeys(platforms):
        if tells(platform, metric):
            found.setdefault(NETWORKS[platform].metrics[metric].counts, []).append(platform)
    return found if len(found) > 1 else {}
