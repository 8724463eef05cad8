"""How an answer begins that sets an earlier one right. Pure.

It is a beginning: a person reads and changes it before it goes out.
"""

from __future__ import annotations

QUOTED = 120  # characters of the earlier answer
WORDS = {
    "en": ("We answered you: “{said}” That was not right.", "We are sorry."),
    "de": ("Wir haben Ihnen geantwortet: „{said}“ Das stimmte nicht.", "Das tut uns leid."),
    "fr": ("Nous vous avions répondu : « {said} » Ce n’était pas exact.", "Nous en sommes désolés."),
    "es": ("Le respondimos: «{said}». No era correcto.", "Lo sentimos."),
}


def begin(said: str, *, why: str = "", right: str = "", language: str = "") -> str:
    """The earlier words shortened, why they were wrong and what is right, in the person's language where we have it."""
    wrong, sorry = WORDS.get(language.split("-")[0], WORDS["en"])
    first = wrong.format(said=_short(said).replace("{", "(").replace("}", ")"))
    return " ".join(part.strip() for part in (first, why, right, sorry) if part.strip())


def fact(text: str, source_title: str = "", source_url: str = "") -> str:
    """A statement with where it comes from, as it is put into an answer."""
    source = " ".join(part.strip() for part in (source_title, source_url) if part.strip())
    return f"{text.strip()} ({source})" if source else text.strip()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= QUOTED else text[: QUOTED - 1].rsplit(" ", 1)[0] + "…"
