"""What a connector is: it carries a finished, approved payload over one network's wire. Nothing else.

A connector never touches our state, never sleeps and never repeats a call: the delivery core does, and it can
only do so safely when each step says what a repeat would do (:class:`Safety`) and each answer says what
happened (:class:`OutcomeKind`). Formats decide *what* is said; a connector must not change a character of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from channels.bound import secrets_of
from channels.connectors.abilities import Action, Charge, Media, Price, PrivateStart, Read, Version, Window
from channels.connectors.alike import alike
from channels.connectors.attached import Pictures
from channels.connectors.hooks import NotGenuine, Webhook
from channels.connectors.shapes import PostShape
from channels.connectors.talk import Act, Hint, Message, MessageKind, Messages, Wanted
from channels.wire import AnswerLost, NotSent, redact

if TYPE_CHECKING:
    from channels.wire import Answer, Wire


class Safety(StrEnum):
    """What the network lets us know when the answer to a step was lost."""

    PURE = "pure"  # repeat at will: nothing public comes of it
    KEYED = "keyed"  # our key makes a repeat harmless
    EXACT = "exact"  # a handle that we stored before the call tells
    PROBE = "probe"  # a repeat within a window is refused and names the first
    SEARCH = "search"  # our own recent posts can be listed and compared
    BLIND = "blind"  # nothing can be asked


class StepKind(StrEnum):
    UPLOAD = "upload"
    CONTAINER = "container"
    WAIT = "wait"
    COMMIT = "commit"  # makes the (first) post public
    REPLY = "reply"  # makes a further part public, below an earlier one
    COMMENT = (
        "comment"  # says the approved first comment under the post that is out; never more than a warning
    )
    VERIFY = "verify"  # reads back; may only add warnings
    DELETE = "delete"  # takes a post of ours down; already gone counts as done
    ACT = "act"  # an Act on something that is out: answers, hides, edits …


@dataclass(frozen=True)
class StepSpec:
    """One call (or one upload in pieces) on the way out. ``key`` is unique within a publication and stable.

    ``stage``: may run before the due time, because nothing public comes of it. ``required``: without it the
    post does not count as published; an optional step that is refused leaves a warning. ``data["asks_nobody"]``: it only
    weighs what came of the others, without the network, so nothing holds it up and it cannot be late.
    """

    key: str
    kind: StepKind
    safety: Safety
    stage: bool = False
    required: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)


class OutcomeKind(StrEnum):
    OK = "ok"
    NOT_SENT = "not_sent"  # no byte of the request left; safe to repeat
    RATE = "rate"  # told to wait: ``retry_after_s``
    BUSY = "busy"  # not processed yet, come back; ``redo`` names earlier steps whose handles have died
    UNKNOWN = "unknown"  # sent, but no answer that can be read: look before any repeat
    AUTH = "auth"  # the token is refused
    PERMISSION = "permission"  # the account or the app may not (any more)
    CONTENT = "content"  # a definite no to this content
    DUPLICATE = "duplicate"  # the network says it has this already: look
    BUG = "bug"  # our mistake


@dataclass(frozen=True)
class Outcome:
    """What came of one step.

    ``remote_ref`` is what later steps need (plain JSON; ``expires_at`` as ISO text where the handle dies).
    ``message`` is for the owner of the post; ``body`` is the network's redacted answer, at most 4 KiB.
    """

    kind: OutcomeKind
    remote_ref: Mapping[str, Any] = field(default_factory=dict)
    remote_id: str = ""
    remote_url: str = ""
    retry_after_s: float | None = None
    code: str = ""
    message: str = ""
    http_status: int | None = None
    request_id: str = ""
    body: str = ""
    redo: tuple[str, ...] = ()
    undone: tuple[
        str, ...
    ] = ()  # with CONTENT or BUSY: earlier steps of which, as the network says, nothing came
    alone: bool = False  # with RATE: it is this post that has to wait, not the account
    spared: bool = False  # with CONTENT: this step is left out, though required, and the others go on
    opted_out: str = ""  # a person who, as the network says, wants no more messages from this account
    bytes_started_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.kind is OutcomeKind.OK


class LookupKind(StrEnum):
    FOUND = "found"
    ABSENT = "absent"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Lookup:
    """What the network says about a step whose answer was lost.

    ``complete``: the answer reached back past the intent, so that ABSENT may count. CANNOT with ``complete``
    means the network answered fully and yet only a person can tell (more than one match); without it, ask
    again later. ``remote_ref``, ``remote_id`` and ``remote_url`` are what the lost answer would have given.
    """

    kind: LookupKind
    remote_id: str = ""
    remote_url: str = ""
    complete: bool = False
    remote_ref: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    # why the look-up itself failed (auth, rate …); with ABSENT: why it will never come
    outcome: Outcome | None = None
    at: datetime | None = None  # when it went out, of what is FOUND; None where the network does not say


@dataclass(frozen=True)
class PublishedRef:
    """A publication as the network knows it. ``parts`` are the remote ids of all its posts, first one
    included.
    """

    publication_id: str
    remote_id: str
    parts: tuple[str, ...]
    format: str
    published_at: datetime


@dataclass(frozen=True)
class Reading:
    """What a network said about one publication. A metric that it does not tell is None, never 0."""

    publication_id: str
    metrics: Mapping[str, int | float | None]
    raw: Mapping[str, Any]
    at: datetime
    problem: str = ""  # why there is nothing, for people; empty when there is
    gone: bool = False  # the network answered fully and does not have the post (any more)
    missing: tuple[str, ...] = ()  # parts of a thread that were not told, while others were
    out_at: datetime | None = None  # when its last part went out, as the network says; None: not told


class TroubleKind(StrEnum):
    """Sorts of trouble that can be seen before a post's time; each is told once."""

    TOKEN = "token"  # noqa: S105  a sort of trouble, no secret
    SCOPES = "scopes"
    ACCOUNT = "account"
    REACH = "reach"
    QUOTA = "quota"
    MEDIA = "media"


class Trouble(str):
    """What stands in the way of publishing, in words for its owner; ``kind`` says which sort it is."""

    kind: TroubleKind

    def __new__(cls, words: str, kind: TroubleKind = TroubleKind.ACCOUNT) -> Trouble:
        self = super().__new__(cls, words)
        self.kind = kind
        return self


@dataclass(frozen=True)
class Rate:
    """How many calls a network takes within any window of so many seconds. Capability data of a connector.

    ``per``: each channel has its own, or all channels of our app share one. ``of``: only calls that make
    something public count, every call, or only what is read (numbers, followers, conversations) where the network counts
    that apart from publishing. The budget is spent so that no window ever holds more.
    """

    calls: int
    window_s: float
    per: str = "channel"  # or "app"
    of: str = "posts"  # or "all", "reads"


@dataclass(frozen=True)
class DayQuota:
    """How many posts an account may make within any 24 hours.

    ``parts``: each part of a thread counts. ``formats``: only of formats whose name ends so (None: all).
    """

    posts: int
    parts: bool = False
    formats: str | None = None


METRICS = (
    "impressions",
    "reach",
    "views",
    "likes",
    "comments",
    "shares",
    "saves",
    "clicks",
    "watch_time_s",
    "follows",
    "profile_visits",
)


MOST_AGAIN, AGAIN_S = 2, 60.0  # how often, and how soon, what failed in processing is sent once more
LACKS_SCOPE = "lacks-scope"  # the code of what is not tried because a permission is missing


class Interrupted(Exception):
    """Raised by ``Context.renew`` when a running upload must stop: paused, cancelled, or the lease is lost.

    The only exception besides the wire's ``GuardLate`` (as NOT_SENT) that leaves :meth:`Connector.run`.
    """


class UnsupportedFeature(Exception):
    """The payload asks for what this connector cannot do. Raised by ``plan``, never while sending."""

    def __init__(self, platform: str, feature: str):
        super().__init__(f"{platform} cannot take {feature}")
        self.platform = platform
        self.feature = feature


class MediaChanged(Exception):
    """A file is missing or is not the one that was approved. Raised by ``open_media`` and ``public_url``."""


def cover_of(medium: Mapping[str, Any]) -> dict[str, Any]:
    """The cover of one entry of the payload's ``media``, as ``open_media`` and ``public_url`` take it."""
    return {"kind": "image", "file": medium["cover"], "sha256": medium.get("cover_sha256")}


def _no_renew() -> None:
    return None


def _nobody(person: str) -> bool:
    return False


def _keep_nothing(ref: Mapping[str, Any]) -> None:
    return None


def _no_media(media: Mapping[str, Any]) -> Any:
    raise UnsupportedFeature("this call", "media")


@dataclass(frozen=True)
class Context:
    """All that a connector may know while it works.

    ``refs`` holds the ``remote_ref`` of every finished step by its key. ``now`` is read once by the caller.
    ``open_media`` and ``public_url`` turn one entry of the payload's ``media`` into a checked file and an
    address. ``renew`` is called between the pieces of a long upload: it prolongs the lease or raises
    :class:`Interrupted`. ``keep`` stores how far the step has come, under its own key in ``refs``, for its next try: also
    one after a crash. It may raise :class:`Interrupted` too. ``opted_out`` says of a person whether they want no more
    messages from this account.
    """

    channel: Any
    wire: Wire
    now: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    refs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    intent_at: datetime | None = None
    open_media: Callable[[Mapping[str, Any]], Path] = _no_media
    public_url: Callable[[Mapping[str, Any]], str] = _no_media
    renew: Callable[[], None] = _no_renew
    keep: Callable[[Mapping[str, Any]], None] = _keep_nothing
    opted_out: Callable[[str], bool] = _nobody

    def parts(self) -> Sequence[Mapping[str, Any]]:
        return self.payload.get("parts") or ()


class Refused(Exception):
    """Internal to connectors: stops a step whose answer already has a meaning."""

    def __init__(self, outcome: Outcome):
        super().__init__(outcome.message or outcome.kind)
        self.outcome = outcome


class Connector(ABC):
    """One network. Everything that a subclass does not offer is refused by name."""

    platform: ClassVar[str]
    label: ClassVar[str]
    oauth: ClassVar[Any] = None  # channels.oauth.Flow
    publishes: ClassVar[frozenset[str]] = frozenset()  # names of the formats that it can bring out
    rates: ClassVar[Sequence[Rate]] = ()
    day_quota: ClassVar[DayQuota | None] = None
    version: ClassVar[Version | None] = None
    media: ClassVar[frozenset[Media]] = frozenset()
    reads: ClassVar[frozenset[Read]] = frozenset()
    hears: ClassVar[frozenset[Read]] = (
        frozenset()
    )  # what the network tells only by calling us, each thing once
    acts: ClassVar[Mapping[Action, Safety]] = {}  # what a repeat of each would do
    mends: ClassVar[
        Mapping[Action, frozenset[MessageKind]]
    ] = {}  # to which of our own answers that are out an act of ``acts`` may be done; nothing else is ours to mend
    needs: ClassVar[Mapping[Read | Action, str]] = {}  # the optional permission without which it is not tried
    window: ClassVar[Window | None] = None  # within which direct messages may be answered
    direct_mentions: ClassVar[bool] = False  # private messages come among the mentions
    begins: ClassVar[PrivateStart | None] = None  # how a private conversation is begun; None: people begin it
    attaches: ClassVar[
        Mapping[bool, Pictures]
    ] = {}  # pictures that go with an answer, by whether it is private; nothing is taken that is not here
    reply_rule: ClassVar[str] = ""  # who may be answered at all, for people; "" where anybody may
    prices: ClassVar[Sequence[Price]] = ()
    allowance: ClassVar[str] = ""  # what a post takes of an allowance that our app has, for people
    # Of reading one of these, however often on one day (UTC); None where it costs nothing.
    numbers_price: ClassVar[Price | None] = (
        None  # a post: of ours for its numbers, of others as what they say
    )
    person_price: ClassVar[Price | None] = None  # whose name comes along; our own account too
    message_price: ClassVar[Price | None] = None  # a private one
    numbers_at_once: ClassVar[int] = 1  # publications whose numbers are read in about one call
    untold: ClassVar[
        Mapping[str, str]
    ] = {}  # numbers that could be had and are not asked for: why, for people
    forgets: ClassVar[
        Mapping[str, timedelta]
    ] = {}  # format: the age at which its numbers can be read no more
    webhook: ClassVar[Webhook | None] = None
    fixed: ClassVar[frozenset[str]] = frozenset()  # formats whose text cannot be changed once it is out
    can_reply: ClassVar[bool] = False  # a payload's ``reply_to`` names a post that its first part answers
    shape: ClassVar[PostShape | None] = (
        None  # of its public addresses; None: they lie on the account's own server
    )
    has_addresses: ClassVar[bool] = True  # what is out can be seen under an address of its own
    mending: ClassVar[str] = ""  # what the owner may do to a post that is out, in the network's own app

    # To be filled by subclasses -----------------------------------------------------------------------------

    @abstractmethod
    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        """Return the steps that bring a version's payload onto this channel. Pure."""

    @abstractmethod
    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        """Make the step's calls. May raise the wire's exceptions and Refused; :meth:`run` reads them."""

    @abstractmethod
    def classify(self, answer: Answer) -> Outcome:
        """Say what an answer means that is not a success. Pure."""

    def search(self, step: StepSpec, ctx: Context) -> Lookup:
        """Look on the network for what a lost answer may have done. May raise as :meth:`perform` may."""
        raise UnsupportedFeature(self.label, f"a look-up of the step {step.key!r}")

    def check(self, ctx: Context) -> list[str]:
        """Return what stands in the way of publishing to the channel now, in words for its owner."""
        raise UnsupportedFeature(self.label, "a check of the account")

    def delete(self, remote_id: str, ctx: Context) -> Outcome:
        """Take one post of ours down. A post that is gone already is OK. May raise as :meth:`perform` may."""
        raise UnsupportedFeature(self.label, "deleting a post through its interface")

    def messages(self, wanted: Wanted, ctx: Context) -> Messages:
        """Read one page of what people said. May raise as :meth:`perform` may."""
        raise UnsupportedFeature(self.label, f"reading {wanted.what}")

    def act(self, act: Act, ctx: Context) -> Outcome:
        """Do one thing of ``acts``. What is already so is OK (hidden twice, gone already).

        A REPLY's ``remote_id`` is the new message's id. May raise as :meth:`perform` may.
        """
        if act.action is Action.DELETE_POST:
            return self.delete(act.remote_id, ctx)
        raise UnsupportedFeature(self.label, f"the action {act.action}")

    def find(self, act: Act, ctx: Context) -> Lookup:
        """Look for an act whose answer was lost; called for Safety.SEARCH, EXACT and PROBE."""
        raise UnsupportedFeature(self.label, f"a look-up of the action {act.action}")

    def witness_of(self, step: StepSpec, payload: Mapping[str, Any]) -> str:
        """The word that a step sends along and that the network says again when it calls us; "" where it has none. Pure."""
        return ""

    def named(self, text: str, handle: str) -> str:
        """An answer's text as it goes out to the person with this handle: some networks need the name in it. Pure."""
        return text

    def readers(self, text: str, handle: str) -> list[str]:
        """Who else may read a private answer to this person, because the text names them. Pure."""
        return []

    def may_answer(self, message: Message, now: datetime) -> str:
        """Say why a message cannot be answered here (any more), for people; "" when it can. Pure."""
        if Action.REPLY not in self.acts:
            return f"{self.label} takes no answers from other programs."
        if message.kind is MessageKind.DIRECT and self.window:
            hours = (now - message.at).total_seconds() / 3600
            if hours >= self.window.hours:
                words = f"{self.label} takes answers within {self.window.hours} hours of the person's last message."
                return f"{words} {self.window.otherwise}".strip()
        return ""

    def may_begin(self, message: Message, channel: Any, now: datetime) -> str:
        """Say why nobody can be written to in private as an answer to this, for people; "" when they can. Pure."""
        if self.begins is None or Action.REPLY not in self.acts:
            return (
                f"{self.label} lets no program begin a private conversation. Invite them in your answer to write to you; "
                "their message then appears here, linked to this conversation."
            )
        if words := self.lacking(channel, self.needs.get(Read.DIRECT, "")):
            return words
        if self.begins.days is not None and now - message.at >= timedelta(days=self.begins.days):
            words = f"{self.label} takes a private message within {self.begins.days} days of what they wrote."
            return f"{words} Invite them in your answer to write to you."
        return ""

    @property
    def in_private(self) -> bool:
        """Whether people write to it in private, by whatever way that is read, and are answered there."""
        told = Read.DIRECT in self.reads | self.hears or self.direct_mentions
        return told and Action.REPLY in self.acts

    def pictures(self, *, private: bool, channel: Any) -> Pictures | None:
        """What of pictures an answer on this channel may hold; None where it is text alone. Pure."""
        return self.attaches.get(private) if Action.REPLY in self.acts else None

    def attach(self, act: Act) -> Sequence[StepSpec]:
        """The steps that bring the files of an answer to the network, before it is said. Pure."""
        return ()

    def address(self, remote_id: str, channel: Any) -> str:
        """Return where a post of the channel lies, as far as its id tells without asking; else "". Pure."""
        return ""

    def permalink(self, remote_id: str, ctx: Context) -> str:
        """Return where people see one post of ours; "" if the network does not tell. May make calls and raise."""
        raise UnsupportedFeature(self.label, "the address of a post")

    def told(self, channel: Any) -> list[str]:
        """Return what the network last said of this account's limits, for people. Pure."""
        facts, found = channel.facts, []
        for what in ("posts", "replies"):
            used, most = facts.get(f"{what}_today"), facts.get(f"{what}_a_day")
            if isinstance(used, int) and isinstance(most, int):
                found.append(f"{used} of {most} {what} in 24 hours were used at the last check.")
        if not found and (quota := self.quota_of(channel)):
            only = f" of the format {quota.formats.removeprefix('.')}" if quota.formats else ""
            found.append(f"An account may make {quota.posts} posts{only} in 24 hours.")
        return found

    def costs(self, payload: Mapping[str, Any]) -> list[Charge]:
        """Return what bringing out a payload costs; empty where nothing does. Pure."""
        return []

    def hints(self, body: bytes, headers: Mapping[str, str], secret: str) -> list[Hint]:
        """Read a call of the network to us. Raises NotGenuine for one that the network did not sign. Pure."""
        raise NotGenuine(f"{self.label} does not call us")

    def challenge(self, params: Mapping[str, str], token: str) -> str | None:
        """Return the answer to the network's question whether the address is ours; None: not our word."""
        return None

    def server_of(self, channel: Any) -> str:
        """Return what fails together: the network, or the channel's own server where there are many."""
        return self.platform

    def quota_of(self, channel: Any) -> DayQuota | None:
        """Return the channel's day quota: what the network said of the account, else what it documents."""
        said = (channel.facts or {}).get("posts_a_day")
        if isinstance(said, int) and said > 0:
            return replace(self.day_quota or DayQuota(said), posts=said)
        return self.day_quota

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        """Read the numbers of publications of one channel; one Reading each, in the same order."""
        raise UnsupportedFeature(self.label, "numbers")

    def foresees(self, payload: Mapping[str, Any]) -> bool:
        """Whether :meth:`foresee` asks anything about this payload. Pure."""
        return False

    def foresee(self, payload: Mapping[str, Any], ctx: Context) -> list[Trouble]:
        """Return what would stop this very payload, asked of the network some time before it is due. Makes reads only."""
        return []

    def account(self, ctx: Context) -> dict[str, Any]:
        """Read the account: ``handle``, ``name``, ``url``, ``followers`` (None if untold) and ``facts``."""
        raise UnsupportedFeature(self.label, "facts about the account")

    def nothing_found(
        self, text: str, posts: Sequence[Mapping[str, Any]], shown: Callable[[Any], str], *, complete: bool
    ) -> Lookup:
        """The look-up's answer when none of ``posts`` has exactly this text.

        One that nearly has it may be ours, altered by the network: then only a person can tell.
        """
        if near := [post for post in posts if alike(text, shown(post))]:
            reason = f"{self.label} has a post that is nearly the same. Is it this one?"
            return Lookup(LookupKind.CANNOT, complete=True, seen=tuple(near[:5]), reason=reason)
        return Lookup(LookupKind.ABSENT, complete=complete)

    def the_one(self, text: str, said: Sequence[Mapping[str, Any]], *, complete: bool) -> Lookup:
        """The look-up's answer for words of ours: ``said`` is what stands there from us since the intent, each with ``id``
        and ``text`` (and ``url`` where told).
        """
        same = [each for each in said if " ".join(each["text"].split()) == " ".join(text.split())]
        if len(same) > 1:
            reason = f"{self.label} has {len(same)} answers with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=tuple(same), reason=reason)
        if same:
            found, url = str(same[0]["id"]), str(same[0].get("url") or "")
            ref = {"id": found}
            return Lookup(LookupKind.FOUND, found, url, complete=True, remote_ref=ref, seen=tuple(same))
        return self.nothing_found(text, said, lambda each: str(each["text"]), complete=complete)

    def missing_scopes(self, channel: Any) -> list[Trouble]:
        """The permissions without which nothing can be published; the channel's page names the others."""
        needed = ((s, why) for s, why in self.oauth.scopes.items() if s not in self.oauth.optional)
        return [
            Trouble(f"The permission “{s}” is missing ({why}). Reconnect the account.", TroubleKind.SCOPES)
            for s, why in needed
            if s not in channel.scopes
        ]

    def lacking(self, channel: Any, scope: str) -> str:
        """What to do about an optional permission that the account was connected without; "" when it has it.

        An account whose permissions nobody told us is not held back.
        """
        if not scope or not channel.scopes or scope in channel.scopes:
            return ""
        why = self.oauth.scopes.get(scope, "")
        return (
            f"{self.label} lets us do this only with the permission “{scope}” ({why}), which the account was connected "
            "without. Reconnect it under Channels and leave that allowed."
        )

    def needed(self, act: Act) -> str:
        """The optional permission without which an act is not tried; "" where there is none. Pure."""
        return self.needs.get(act.action, "")

    def once_more(
        self,
        step: StepSpec,
        ctx: Context,
        failed: Outcome,
        *,
        redo: tuple[str, ...],
        undone: tuple[str, ...] = (),
    ) -> Outcome:
        """What a failure in processing means that may pass: it is made again from the steps ``redo``, twice at most.

        ``undone``: those of them that were public, and of which the network says that nothing came.
        """
        tries = int((ctx.refs.get(step.key) or {}).get("failed") or 0)
        if tries >= MOST_AGAIN:
            return replace(failed, kind=OutcomeKind.CONTENT)
        ctx.keep({"failed": tries + 1})
        words = f"{self.label} could not process it; it is sent once more."
        wait_s = AGAIN_S * (tries + 1)
        return Outcome(
            OutcomeKind.BUSY, retry_after_s=wait_s, code=failed.code, message=words, redo=redo, undone=undone
        )

    def refuse_unknown(self, payload: Mapping[str, Any]) -> None:
        """Raise UnsupportedFeature for what the connector would lose: that it answers a post, a first comment."""
        if payload.get("reply_to") and not self.can_reply:
            raise UnsupportedFeature(self.label, "a reply to a post")
        if first_comment(payload) and Action.COMMENT not in self.acts:
            raise UnsupportedFeature(self.label, "a first comment")

    def comment_steps(self, payload: Mapping[str, Any]) -> list[StepSpec]:
        """The step of the first comment, where one was approved. Pure."""
        if not first_comment(payload):
            return []
        return [StepSpec("comment", StepKind.COMMENT, self.acts[Action.COMMENT], required=False)]

    # The doors ----------------------------------------------------------------------------------------------

    @property
    def can(self) -> frozenset[Action]:
        return frozenset(self.acts)

    @property
    def can_delete(self) -> bool:
        return Action.DELETE_POST in self.acts

    def step_of(self, act: Act, key: str = "act") -> StepSpec:
        """The step that carries out an act; :meth:`run` and :meth:`lookup` take it. UnsupportedFeature where
        the network offers no such thing.
        """
        if act.action not in self.acts:
            raise UnsupportedFeature(self.label, f"the action {act.action}")
        self._refuse_files(act)
        return StepSpec(key, StepKind.ACT, self.acts[act.action], data=act.as_data())

    def _refuse_files(self, act: Act) -> None:
        """Raise UnsupportedFeature for files that would be lost on the way."""
        if not act.media:
            return
        takes = self.attaches.get(act.kind is MessageKind.DIRECT) if act.action is Action.REPLY else None
        if takes is None or len(act.media) > takes.most or any(m["kind"] != "image" for m in act.media):
            raise UnsupportedFeature(self.label, "these files with such an answer")

    def steps_of(self, act: Act) -> list[StepSpec]:
        """The act's own step, after what has to be prepared for it. UnsupportedFeature as :meth:`step_of`.

        The first of them says in ``needs`` which permission the act wants, so that nothing is tried without it.
        """
        own = self.step_of(act)
        needs = self.needed(act)
        files = self.attach(act) if act.media else ()
        return [*(replace(step, data={**step.data, "needs": needs}) for step in files), own]

    def do(self, act: Act, ctx: Context) -> Outcome:
        """Carry out an act and say what happened. Raises nothing but :class:`Interrupted`."""
        steps = self.steps_of(act) if act.action in self.acts else []
        if act.media and not ctx.payload:
            ctx = replace(ctx, payload={"parts": [{"text": act.text, "media": act.media}]})
        for step in steps[:-1]:
            outcome = self.run(step, ctx)
            if not outcome.ok:
                return outcome
            ctx = replace(ctx, refs={**ctx.refs, step.key: outcome.remote_ref})
        return self.run(StepSpec("act", StepKind.ACT, Safety.BLIND, data=act.as_data()), ctx)

    def read(self, wanted: Wanted, ctx: Context) -> Messages:
        """Read one page of messages; trouble is in the answer. Raises nothing but :class:`Interrupted`."""
        try:
            if wanted.what not in self.reads:
                raise UnsupportedFeature(self.label, f"reading {wanted.what}")
            if words := self.lacking(ctx.channel, self.needs.get(wanted.what, "")):
                return Messages(cursor=wanted.cursor, problem=words, outcome=_lacks(words))
            return self.messages(wanted, ctx)
        except Interrupted:
            raise
        except Exception as error:
            outcome = _clean(self._read_error(error, ctx, public=False), ctx)
            return Messages(cursor=wanted.cursor, problem=outcome.message, outcome=outcome)

    def run(self, step: StepSpec, ctx: Context) -> Outcome:
        """Carry out one step and say what happened. Raises nothing but :class:`Interrupted`."""
        try:
            outcome = self._carry_out(step, ctx)
        except Interrupted:
            raise
        except Exception as error:
            outcome = self._read_error(error, ctx, public=step.kind in _PUBLIC)
        return replace(_clean(outcome, ctx), bytes_started_at=ctx.wire.bytes_started_at)

    def lookup(self, step: StepSpec, ctx: Context) -> Lookup:
        """Say whether a step whose answer was lost took effect. Raises nothing but :class:`Interrupted`."""
        try:
            if step.kind is StepKind.ACT:
                return self._look_for(Act.of_data(step.data), ctx)
            if step.kind is StepKind.COMMENT:
                return self._look_for(commenting(ctx), ctx)
            return self.search(step, ctx)
        except Interrupted:
            raise
        except UnsupportedFeature as error:
            return Lookup(LookupKind.CANNOT, complete=True, reason=str(error))
        except Exception as error:
            outcome = _clean(self._read_error(error, ctx, public=False), ctx)
            return Lookup(LookupKind.CANNOT, reason=outcome.message, outcome=outcome)

    def seek(self, step: StepSpec, ctx: Context) -> Lookup:
        """Say whether an act stands on the network, also where a repeat would be harmless. Raises as :meth:`lookup`."""
        try:
            return self.find(Act.of_data(step.data), ctx)
        except Interrupted:
            raise
        except UnsupportedFeature as error:
            return Lookup(LookupKind.CANNOT, reason=str(error))
        except Exception as error:
            outcome = _clean(self._read_error(error, ctx, public=False), ctx)
            return Lookup(LookupKind.CANNOT, reason=outcome.message, outcome=outcome)

    def preflight(self, channel: Any, ctx: Context) -> list[Trouble]:
        """Say what would stop a publication on this channel; an empty list means nothing known would.

        It reads and makes nothing public, so it is also the probe of a network that has failed. A connector
        that offers no check knows of no trouble. Raises nothing.
        """
        return self._troubles(lambda: self.check(ctx), ctx)

    def foreseen(self, payload: Mapping[str, Any], ctx: Context) -> list[Trouble]:
        """Say what would stop this very payload, beside what :meth:`preflight` says of the account. Raises nothing."""
        return self._troubles(lambda: self.foresee(payload, ctx), ctx)

    def _troubles(self, asked: Callable[[], Sequence[str]], ctx: Context) -> list[Trouble]:
        try:
            return [t if isinstance(t, Trouble) else Trouble(t) for t in asked()]
        except UnsupportedFeature:
            return []
        except Exception as error:
            outcome = _clean(self._read_error(error, ctx, public=False), ctx)
            words = outcome.message or f"{self.label} could not be asked."
            return [Trouble(words, _TROUBLES.get(outcome.kind, TroubleKind.REACH))]

    def _carry_out(self, step: StepSpec, ctx: Context) -> Outcome:
        if step.kind is StepKind.DELETE:
            if words := self.lacking(ctx.channel, self.needs.get(Action.DELETE_POST, "")):
                return _lacks(words)
            return self.delete(step.data["remote_id"], ctx)
        if step.kind not in (StepKind.ACT, StepKind.COMMENT):
            if words := self.lacking(ctx.channel, step.data.get("needs", "")):
                return _lacks(words)
            return self.perform(step, ctx)
        act = commenting(ctx) if step.kind is StepKind.COMMENT else Act.of_data(step.data)
        if act.action not in self.acts:
            raise UnsupportedFeature(self.label, f"the action {act.action}")
        if words := self.lacking(ctx.channel, self.needed(act)):
            return _lacks(words)
        return self.act(act, ctx)

    def _look_for(self, act: Act, ctx: Context) -> Lookup:
        if self.acts.get(act.action) in {Safety.PURE, Safety.KEYED}:
            return Lookup(LookupKind.ABSENT, complete=True, reason="harmless to repeat")
        return self.find(act, ctx)

    def _read_error(self, error: Exception, ctx: Context, *, public: bool) -> Outcome:
        if isinstance(error, Refused):
            return error.outcome
        if isinstance(error, NotSent):
            return Outcome(
                OutcomeKind.NOT_SENT, code=error.code, message=f"{self.label} could not be reached: {error}"
            )
        if isinstance(error, AnswerLost):
            message = f"{self.label} gave no readable answer: {error}."
            return Outcome(OutcomeKind.UNKNOWN, code=error.code, message=message)
        if isinstance(error, UnsupportedFeature | MediaChanged):
            return Outcome(OutcomeKind.CONTENT, code=type(error).__name__, message=f"{error}.")
        # Our mistake. Once the first byte of a public call is out we do not know what it did.
        sent = public and ctx.wire.bytes_started_at is not None
        return Outcome(
            OutcomeKind.UNKNOWN if sent else OutcomeKind.BUG,
            code=type(error).__name__,
            message=f"Something went wrong in Hustings while talking to {self.label}.",
            body=redact(f"{type(error).__name__}: {error}"),
        )


_PUBLIC = frozenset({StepKind.COMMIT, StepKind.REPLY, StepKind.COMMENT, StepKind.ACT})
_TROUBLES = {
    OutcomeKind.AUTH: TroubleKind.TOKEN,
    OutcomeKind.PERMISSION: TroubleKind.ACCOUNT,
    OutcomeKind.CONTENT: TroubleKind.ACCOUNT,
    OutcomeKind.RATE: TroubleKind.QUOTA,
}


def first_comment(payload: Mapping[str, Any]) -> str:
    """The text of the first comment that was approved with a payload; "" where there is none."""
    return str((payload.get("options") or {}).get("first_comment") or "").strip()


def commenting(ctx: Context) -> Act:
    """The first comment as an act on the post that is out. Refused where the network did not tell the post's id."""
    post = str((ctx.refs.get("commit") or {}).get("id") or "")
    if not post:
        words = "The post is out, but its id was never told, so no comment can be put under it."
        raise Refused(Outcome(OutcomeKind.CONTENT, code="no-id", message=words))
    return Act(Action.COMMENT, post, first_comment(ctx.payload), post_id=post)


def _lacks(words: str) -> Outcome:
    """Not PERMISSION: that would keep the account from publishing, which it may."""
    return Outcome(OutcomeKind.CONTENT, code=LACKS_SCOPE, message=words)


def _clean(outcome: Outcome, ctx: Context) -> Outcome:
    """Networks repeat what they were sent; no key of ours may stand in what people and logs read."""
    secrets = secrets_of(ctx.wire.token)
    return replace(outcome, message=redact(outcome.message, *secrets), code=redact(outcome.code, *secrets))
