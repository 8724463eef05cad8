"""What the sample says: its campaigns, stories and figures, and the people and accounts that the stories name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from wagtail.rich_text import RichText

from cms.models import CampaignImage, CampaignPage, Claim, InfographicRow, KnownAccount
from cms.sample_store import Claims, Store

COUNCIL = "Riverside Town Council"
ZONE = "Europe/London"

RIVER_CAMPAIGN = {
    "title": "River Clean-up 2026",
    "slug": "river-clean-up-2026",
    "publisher": COUNCIL,
    "goal": "By the summer of 2028 our children shall swim in the Wend again. Until then: four clean-up "
    "days "
    "a year, cleaner drains, and every sample published.",
    "starts_on": date(2026, 3, 1),
    "ends_on": date(2026, 12, 31),
    "time_zone": ZONE,
    "hashtags": "RiverCleanUp Riverside",
    "imprint": "Published by Riverside Town Council, Town Hall, 1 Bridge Street, Riverside.",
    "utm_name": "river-clean-up-2026",
    "colour": "#0b5c63",
    "ink": "#ffffff",
    "paper": "#fffdf8",
    "text_colour": "#13211f",
}
CYCLING_CAMPAIGN = {
    "title": "Safe Cycling",
    "slug": "safe-cycling",
    "publisher": COUNCIL,
    "goal": "Every child can cycle to school on a safe route by 2029.",
    "starts_on": date(2026, 9, 1),
    "time_zone": ZONE,
    "hashtags": "SafeCycling",
    "imprint": "Published by Riverside Town Council, Town Hall, 1 Bridge Street, Riverside.",
    "colour": "#8a2f12",
    "ink": "#fff7f0",
    "paper": "#ffffff",
    "text_colour": "#221511",
}

# Whom the stories name: name, other spellings, handles. Not everybody is on every platform.
ACCOUNTS = (
    (
        "Riverside Wildlife Group",
        "the Riverside Wildlife Group",
        {
            "x": "RiversideWild",
            "instagram": "riverside.wildlife",
            "mastodon": "wildlife@riverside.example",
            "bluesky": "wildlife.riverside.example",
        },
    ),
    (
        "Wend Rowing Club",
        "the Wend Rowing Club",
        {"x": "WendRowing", "instagram": "wend_rowing", "threads": "wend_rowing"},
    ),
    (
        "Dr Amir Haddad",
        "Amir Haddad",
        {"mastodon": "amir.haddad@science.example", "bluesky": "haddad.science.example"},
    ),
)

Blocks = tuple[dict, list[tuple[str, object]]]


def known_accounts(campaign: CampaignPage) -> None:
    """The people and accounts of the campaign; what somebody changed stays as it is."""
    for name, also, handles in ACCOUNTS:
        KnownAccount.objects.get_or_create(
            campaign=campaign, name=name, defaults={"also": also, "handles": handles}
        )


def _text(*paragraphs: str) -> RichText:
    return RichText("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))


def _picture(image: CampaignImage, caption: str = "") -> tuple[str, dict]:
    return "picture", {"image": image, "alt": image.description, "caption": caption}


def _figure(claim: Claim, value: str, unit: str, label: str) -> tuple[str, dict]:
    """A figure resting on its claim, whose source it names."""
    said = {"value": value, "unit": unit, "label": label}
    source = {"source": claim.source_title, "source_url": claim.source_url}
    return "statistic", {**said, **source, "claims": [claim]}


def _quote(text: str, speaker: str, role: str) -> tuple[str, dict]:
    return "quote", {"text": text, "speaker": speaker, "role": role}


def _action(text: str, url: str) -> tuple[str, dict]:
    return "call_to_action", {"text": text, "url": url}


def tonnes(store: Store, campaign: CampaignPage, claims: Claims) -> Blocks:
    image = store.picture(
        campaign,
        "volunteers",
        title="Volunteers on the east bank",
        alt="Six people in orange and yellow vests pick up litter on a river bank, with blue bags.",
        credit=COUNCIL,
    )
    haul = store.picture(
        campaign,
        "collected",
        title="What came out of the water",
        alt="Blue bags, a tyre and a bicycle wheel on a wooden jetty above the water.",
        credit=COUNCIL,
    )
    record = claims.checked(
        "4.2 tonnes of rubbish were taken out of the river on 21 November 2026",
        f"{COUNCIL}, weighbridge record of 21 November 2026",
        "https://riverside.example/open-data/weighbridge",
    )
    return {
        "title": "4.2 tonnes of rubbish out of the river in one day",
        "slug": "four-tonnes-in-one-day",
        "days_ago": 1,
        "lead": "On Saturday 214 neighbours and the Wend Rowing Club cleared three kilometres of bank between "
        "the weir and Mill Bridge. "
        "It was the biggest clean-up day the town has had.",
        "hashtags": "CleanUpDay",
    }, [
        _picture(image, "Saturday morning on the east bank, an hour after the start."),
        (
            "paragraph",
            _text(
                "They came with gloves, hooks and two rowing boats. By nine o’clock the queue for waders "
                "reached "
                "the bakery; by one o’clock the council’s lorries had driven to the depot <b>eleven "
                "times</b>.",
                "What came out of the water: 31 tyres, 9 shopping trolleys, a piano frame and, above all, "
                "plastic. "
                "Every load was weighed, and the weighbridge record is public.",
            ),
        ),
        (
            "key_points",
            [
                "4.2 tonnes in one day: more than on the three clean-up days before it together",
                "214 people took part, the youngest six years old",
                "Two thirds of it was packaging, most of it washed in through the drains",
                "The next clean-up day is Saturday 5 December",
            ],
        ),
        _figure(record, "4.2", "tonnes", "of rubbish taken out of the river on 21 November 2026"),
        _quote(
            "I have lived by this river for forty years. On Saturday I could see the bottom again.",
            "Jean Okafor",
            "volunteer, Mill Lane",
        ),
        _picture(haul, "Noon at the jetty, before the second lorry."),
        ("heading", "Why the drains matter"),
        (
            "paragraph",
            _text(
                "Bags and bottles do not fall from the bridges. They are washed out of the streets by "
                "heavy rain. "
                "From January the council fits 60 street drains with baskets that hold rubbish back, and "
                "it will "
                "publish every month what they catch.",
            ),
        ),
        _action("Join us on 5 December", "https://riverside.example/join"),
    ]


def herons(store: Store, campaign: CampaignPage, claims: Claims) -> Blocks:
    image = store.picture(
        campaign,
        "wetland",
        title="A heron at the old ford",
        alt="A grey heron stands in shallow water between water lilies and reeds in the morning.",
        credit="Riverside Wildlife Group",
    )
    count = claims.checked(
        "7 young herons left the nests at the old ford in the summer of 2026",
        "Riverside Wildlife Group, nest count of 18 July 2026",
        "https://riverside.example/wildlife/herons",
        days=120,
    )
    return {
        "title": "The herons are back at the old ford",
        "slug": "the-herons-are-back",
        "days_ago": 12,
        "lead": "For the first time since 1998 herons have nested in town, reports the Riverside Wildlife Group. "
        "Cleaner water has brought back the fish, "
        "and the fish have brought back the fishers.",
        "hashtags": "Herons",
    }, [
        _picture(image, "Six in the morning at the old ford."),
        (
            "paragraph",
            _text(
                "The first nest was found in April by a school class. By July three pairs had raised seven "
                "young, "
                "and most of them are still here.",
                "Herons need clean water and quiet banks. Please keep dogs on the lead between the weir "
                "and the old "
                "ford until the end of July.",
            ),
        ),
        (
            "key_points",
            [
                "Three pairs nested this year, the first since 1998",
                "The number of fish at the weir has doubled in three years",
                "Please keep dogs on the lead at the old ford until the end of July",
            ],
        ),
        _figure(count, "7", "young herons", "left the nests at the old ford in the summer of 2026"),
        _quote(
            "A heron does not read our reports. If it stays, the water is good.",
            "Dr Amir Haddad",
            "freshwater ecologist",
        ),
        _action("See where to watch quietly", "https://riverside.example/wildlife/herons"),
    ]


def morning(store: Store, campaign: CampaignPage, claims: Claims) -> Blocks:
    image = store.picture(
        campaign,
        "bridge-evening",
        title="Mill Bridge in the evening",
        alt="A stone bridge with three arches and lit lamps at sunset; two people in vests in a boat below.",
        credit=COUNCIL,
    )
    video = store.video(campaign, title="A morning on the river")
    lists = claims.checked(
        "640 people have taken part in the four clean-up days of 2026",
        f"{COUNCIL}, attendance lists, March to November 2026",
        "https://riverside.example/open-data/clean-up-days",
        days=12,
    )
    return {
        "title": "A morning on the river: what happens on a clean-up day",
        "slug": "a-morning-on-the-river",
        "days_ago": 19,
        "lead": "Never been? This is what you do, what you bring, and why there is soup at noon.",
        "hashtags": "Volunteering",
    }, [
        (
            "video",
            {
                "video": video,
                "title": "A morning on the river",
                "alt": "The Wend in the early morning; helpers on the bank; what they pulled out; the last boat at dusk.",
            },
        ),
        (
            "paragraph",
            _text(
                "We meet at half past eight at Mill Bridge. You get gloves, a hook and a bag, and a team "
                "of ten with "
                "somebody who has done it before. Children are welcome with an adult.",
                "Nobody goes into the water without waders and a rope. The rest of us work from the bank, "
                "sort what "
                "comes out, and carry it to the road.",
            ),
        ),
        (
            "key_points",
            [
                "Meet at 8.30 at Mill Bridge; you are home by one",
                "Bring old clothes and boots; we bring gloves, hooks and bags",
                "Children come with an adult",
            ],
        ),
        _picture(image, "The last boat of the day comes in at Mill Bridge."),
        _figure(lists, "640", "people", "have taken part in the four clean-up days of 2026"),
        _quote(
            "I came for an hour and stayed for the soup. Now I bring my whole street.",
            "Tom Baker",
            "volunteer since March",
        ),
        _action("Sign up for 5 December", "https://riverside.example/join"),
    ]


MONTHS = {
    "title": "The river is getting cleaner: less rubbish every month",
    "slug": "less-rubbish-every-month",
    "days_ago": 5,
    "intro": "What volunteers and the council’s boat took out of the river between the clean-up days, "
    "month by month.",
    "unit": "tonnes",
    "chart": "column",
    "source": f"{COUNCIL}, weighbridge record, March to October 2026",
    "source_url": "https://riverside.example/open-data/weighbridge",
    "hashtags": "OpenData",
}


def months_claim(claims: Claims) -> Claim:
    return claims.checked(
        "Less rubbish was taken out of the river every month from March to October 2026",
        MONTHS["source"],
        MONTHS["source_url"],
        days=200,
    )


def month_rows() -> list[InfographicRow]:
    figures = ("3.6", "3.1", "2.9", "2.4", "2.2", "1.9", "1.4", "1.1")
    months = ("Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct")
    return [
        InfographicRow(label=month, value=Decimal(figure), sort_order=n)
        for n, (month, figure) in enumerate(zip(months, figures, strict=True))
    ]


def school_streets() -> Blocks:
    return {
        "title": "Three school streets are free of cars from January",
        "slug": "three-school-streets",
        "days_ago": 8,
        "lead": "At drop-off and pick-up time only feet and wheels without motors. Residents keep their "
        "access.",
        "hashtags": "SchoolStreets",
    }, [
        (
            "paragraph",
            _text(
                "From 8 January Park Road, Church Street and Abbey Lane close to cars for 40 minutes in "
                "the morning "
                "and in the afternoon. Buses and residents pass; blue badges are valid.",
            ),
        ),
        ("key_points", ["Starts on 8 January", "8.20 to 9.00 and 15.00 to 15.40, on school days"]),
        _action("See the map", "https://riverside.example/school-streets"),
    ]
