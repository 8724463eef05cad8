"""A campaign's colours as a stylesheet of their own.

The Content Security Policy allows no style attributes; the address changes with the colours.
"""

from __future__ import annotations

import hashlib

from cms.core.colours import contrast, lift, mix, readable_on

NIGHT, MOON = "#0e1413", "#eaf0ee"
ACCENT_ON_DARK = 5.0  # a little more than needed: thin links on dark ground


def palette(colour: str, ink: str, paper: str, text: str) -> dict[str, dict[str, str]]:
    """Custom properties for light and for dark. Every text shade reads on its ground at 4.5 : 1 or more."""
    tint = mix(paper, colour, 0.08)
    night = mix(NIGHT, colour, 0.07)
    night_tint = mix(night, colour, 0.18)
    # A colour as dark as the night would swallow the head of the page: lift it a little.
    ground = colour if contrast(colour, night) >= 1.25 else mix(colour, MOON, 0.12)
    return {
        "light": {
            "colour": colour,
            "ink": ink,
            "paper": paper,
            "text": text,
            "soft": readable_on(tint, mix(text, paper, 0.3)),
            "line": mix(paper, text, 0.16),
            "tint": tint,
            "accent": readable_on(tint, colour),
        },
        "dark": {
            "colour": ground,
            "ink": readable_on(ground, ink),
            "paper": night,
            "text": MOON,
            "soft": readable_on(night_tint, mix(MOON, night, 0.28)),
            "line": mix(night, MOON, 0.18),
            "tint": night_tint,
            "accent": readable_on(night_tint, lift(colour, 0.66), minimum=ACCENT_ON_DARK),
        },
    }


def _colours(campaign) -> tuple[str, str, str, str]:
    return tuple(c.lower() for c in (campaign.colour, campaign.ink, campaign.paper, campaign.text_colour))


def stylesheet(campaign) -> str:
    shades = palette(*_colours(campaign))
    rules = {
        theme: "".join(f"--{name}:{value};" for name, value in names.items())
        for theme, names in shades.items()
    }
    scope = f".campaign-{campaign.pk}"
    light, dark = (f"{scope}{{{rules[theme]}}}" for theme in ("light", "dark"))
    return f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}\n"


def digest(campaign) -> str:
    return hashlib.sha256(stylesheet(campaign).encode()).hexdigest()[:12]
