"""The formats there are. Adding one is a line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from formats.core.accounts import Handle
from formats.core.format import Format
from formats.platforms.bluesky import BlueskyThread
from formats.platforms.facebook import FacebookPost, FacebookReel
from formats.platforms.instagram import InstagramCarousel, InstagramImage, InstagramReel, InstagramStory
from formats.platforms.linkedin import LinkedInPost
from formats.platforms.mastodon import MastodonThread
from formats.platforms.threads import ThreadsThread
from formats.platforms.tiktok import TikTokPhoto, TikTokVideo
from formats.platforms.whatsapp import WhatsAppMessage
from formats.platforms.x import XPost, XThread, XVideo
from formats.platforms.youtube import YouTubeShort


class UnknownFormat(KeyError):
    """Raised when a format is asked for by a name that nobody registered."""

    def __init__(self, id: str, known: Iterable[str]) -> None:
        super().__init__(id)
        self.message = f"There is no format “{id}”. There are: {', '.join(known)}."

    def __str__(self) -> str:
        return self.message


class Registry:
    """Formats by their id, in the order in which they were registered. A name given twice is refused."""

    def __init__(self, formats: Iterable[Format] = ()) -> None:
        self._formats: dict[str, Format] = {}
        for each in formats:
            self.register(each)

    def register(self, format: Format) -> None:
        if format.id in self._formats:
            raise ValueError(f"two formats are called {format.id}")
        self._formats[format.id] = format

    def __getitem__(self, id: str) -> Format:
        try:
            return self._formats[id]
        except KeyError:
            raise UnknownFormat(id, self._formats) from None

    def get(self, id: str) -> Format | None:
        return self._formats.get(id)

    def __contains__(self, id: object) -> bool:
        return id in self._formats

    def __iter__(self) -> Iterator[Format]:
        return iter(self._formats.values())

    def __len__(self) -> int:
        return len(self._formats)

    def ids(self) -> tuple[str, ...]:
        return tuple(self._formats)

    def platforms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.platform for each in self))

    def platform_label(self, platform: str) -> str:
        """How a platform writes its name, also one of which no format is installed any more."""
        return next(
            (each.platform_label for each in self if each.platform == platform), platform.capitalize()
        )

    def for_platform(self, platform: str) -> tuple[Format, ...]:
        return tuple(each for each in self if each.platform == platform)

    def handle_of(self, platform: str) -> Handle | None:
        """What a platform links as an account; None where it links none, or nobody knows the platform."""
        return next((each.handle for each in self.for_platform(platform) if each.handle), None)

    def choices(self) -> list[tuple[str, str]]:
        return [(each.id, each.label) for each in self]


FORMATS = Registry(
    [
        XThread(),
        XPost(),
        XVideo(),
        FacebookPost(),
        FacebookReel(),
        InstagramCarousel(),
        InstagramImage(),
        InstagramReel(),
        InstagramStory(),
        ThreadsThread(),
        MastodonThread(),
        BlueskyThread(),
        LinkedInPost(),
        TikTokVideo(),
        TikTokPhoto(),
        YouTubeShort(),
        WhatsAppMessage(),
    ]
)
