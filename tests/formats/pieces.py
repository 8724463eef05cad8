"""Pieces for tests: a good one of each kind, and whatever Hypothesis can think of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from formats.core.piece import (
    Account,
    CallToAction,
    Campaign,
    Figures,
    FileRef,
    Focus,
    Heading,
    KeyPoints,
    Look,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Row,
    Statistic,
    Video,
)

JPEG = FileRef("pictures/bank.jpg", "ab" * 32, "image/jpeg", 900_000, 3000, 2000)
CLIP = FileRef("videos/bank.mp4", "cd" * 32, "video/mp4", 9_000_000, 1920, 1080, 42.0)
CAPTIONS = FileRef("captions/bank.vtt", "ef" * 32, "text/vtt", 900)

PICTURE = Picture(
    "picture", JPEG, "Volunteers in waders lift a tyre", Focus(0.4, 0.5, 0.2, 0.2), "Photo: J. Mills"
)
VIDEO = Video("video", CLIP, "A morning on the river", CAPTIONS, "Volunteers along the bank")
POINTS = KeyPoints(
    "points", ("Most of it was plastic", "Water quality is measured in May", "Next time: 12 April 2027")
)
STATISTIC = Statistic(
    "statistic", "4.2", "tonnes", "of rubbish collected", "Town council, weighbridge record"
)
QUOTE = Quote("quote", "I never saw so many neighbours in wellingtons.", "Anna Shaw", "volunteer")
CALL = CallToAction("call", "Join the next clean-up")
PARAGRAPH = Paragraph("paragraph", "People came from all five wards. The council lent gloves and bags.")
FIGURES = Figures(
    "figures",
    "What lay in the river",
    "tonnes",
    "Town council",
    (Row("Plastic", 1.9), Row("Tyres", 1.2), Row("Metal", 0.7), Row("Glass", 0.4)),
)
CAMPAIGN = Campaign(
    "Clean River",
    "river-2027",
    "Published by Riverside Town Council, Mill Lane 1",
    ("CleanRiver",),
    "Europe/London",
)
STORY = Piece(
    "story:1",
    "story",
    "180 volunteers cleaned the river",
    "On Saturday the town met at the Old Mill and cleaned three kilometres of the bank.",
    (PICTURE, PARAGRAPH, POINTS, STATISTIC, QUOTE, CALL),
    "https://riverside.example.org/clean-up/",
    ("River clean-up", "Riverside"),
    "en",
    "7",
    CAMPAIGN,
)
FILMED = replace(STORY, blocks=(*STORY.blocks, VIDEO))
INFOGRAPHIC = replace(
    STORY,
    key="infographic:2",
    kind="infographic",
    headline=FIGURES.title,
    lead="By weight.",
    blocks=(FIGURES,),
)
GOOD = {"story": STORY, "filmed": FILMED, "infographic": INFOGRAPHIC}


def story(*blocks, **changes) -> Piece:
    return replace(STORY, blocks=blocks, **changes)


# Whatever a person or a broken import may hand over -------------------------------------------------------------------

_BITS = st.sampled_from(
    ["River", "4.2 tonnes", "https://example.org/a?b=c", "http://[bad", "@council", "#CleanUp", "👨‍👩‍👧", "🇬🇧", "今日は川。",
     "مرحبا بالعالم", "a" * 90, "Dr. No.", "\n\n", " ", "\u202e", "e\u0301", "\x00", "1/2", "#", "·"]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(_BITS, max_size=12).map(" ".join), st.text(max_size=60), _BITS.map(lambda bit: bit * 40)
)
_IDS = st.sampled_from(["a", "b", "c", "", "headline"])
_FILES = st.builds(
    FileRef,
    path=TEXTS,
    sha256=st.just("00" * 32),
    mime=st.sampled_from(["image/jpeg", "video/mp4", ""]),
    width=st.integers(0, 9000),
    height=st.integers(0, 9000),
    duration_s=st.none() | st.floats(allow_nan=True, allow_infinity=True),
)
_LOOKS = st.builds(
    Look, colour=st.sampled_from(["#000000", "#fff", "no colour", ""]), logo=st.none() | _FILES
)
_CAMPAIGNS = st.builds(
    Campaign,
    name=TEXTS,
    utm_name=TEXTS,
    imprint=TEXTS,
    hashtags=st.lists(TEXTS, max_size=3).map(tuple),
    look=_LOOKS,
)
_ROWS = st.lists(st.builds(Row, label=TEXTS, value=st.floats()), max_size=14).map(tuple)
BLOCKS = st.one_of(
    st.builds(Heading, id=_IDS, text=TEXTS),
    st.builds(Paragraph, id=_IDS, text=TEXTS),
    st.builds(KeyPoints, id=_IDS, points=st.lists(TEXTS, max_size=6).map(tuple)),
    st.builds(Quote, id=_IDS, text=TEXTS, speaker=TEXTS, role=TEXTS),
    st.builds(Statistic, id=_IDS, value=TEXTS, unit=TEXTS, label=TEXTS, source=TEXTS),
    st.builds(Picture, id=_IDS, file=_FILES, alt=TEXTS, credit=TEXTS, caption=TEXTS),
    st.builds(Video, id=_IDS, file=_FILES, title=TEXTS, captions=st.none() | _FILES, alt=TEXTS),
    st.builds(CallToAction, id=_IDS, text=TEXTS, url=TEXTS),
    st.builds(
        Figures, id=_IDS, title=TEXTS, unit=TEXTS, source=TEXTS, rows=_ROWS,
        chart=st.sampled_from(["bar", "column", "line", "number", "pie", ""]),
    ),
)  # fmt: skip
_HANDLES = (
    ("bluesky", "river.example.org"), ("instagram", "river.uk"), ("mastodon", "river_watch_of_the_valley@green.example"),
    ("threads", "river.uk"), ("tiktok", "river.uk"), ("x", "river_uk"), ("youtube", "river-uk"),
)  # fmt: skip
ACCOUNTS = st.lists(
    st.builds(
        Account,
        name=st.sampled_from(["River", "4.2 tonnes", "今日は川。", "مرحبا", "Dr. No.", "a", ""]),
        also=st.lists(st.sampled_from(["@council", "بالعالم", "No."]), max_size=1).map(tuple),
        handles=st.sampled_from([_HANDLES, ()]),
    ),
    max_size=2,
).map(tuple)
PIECES = st.builds(
    Piece,
    key=st.just("story:1"),
    kind=st.sampled_from(["story", "infographic"]),
    headline=TEXTS,
    lead=TEXTS,
    blocks=st.lists(BLOCKS, max_size=7).map(tuple),
    link=TEXTS | st.just("https://example.org/story"),
    hashtags=st.lists(TEXTS, max_size=4).map(tuple),
    language=st.sampled_from(["en", "de", "ar", "ja", "", "x", "zh-Hant"]),
    campaign=_CAMPAIGNS,
    accounts=ACCOUNTS,
)
