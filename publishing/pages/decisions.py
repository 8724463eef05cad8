"""The decisions that a case offers, each with what it will do, for the page and its buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.connectors.registry import CONNECTORS
from publishing.core.states import Reason, State
from publishing.domain import actions, mending
from publishing.domain.pause import label_of
from publishing.models import Publication


@dataclass(frozen=True)
class Decision:
    """``sure``: what has to be ticked first, because it cannot be undone. ``field``: what it asks for."""

    action: str
    label: str
    does: str
    button: str
    field: str = ""
    sure: str = ""
    tone: str = "secondary"
    posts: Sequence[mending.Out] = ()


def offered(publication: Publication) -> list[Decision]:
    """Those that are possible now, the most likely one first."""
    return [_MAKERS[action](publication) for action in known(actions.allowed(publication))]


def known(allowed: Sequence[str]) -> list[str]:
    return [action for action in ORDER if action in allowed]


def is_sure(publication: Publication, action: str, ticked: bool) -> bool:
    """Whether what cannot be undone was confirmed."""
    maker = _MAKERS.get(action)
    return ticked or maker is None or not maker(publication).sure


def _network(publication: Publication) -> str:
    return label_of(publication.channel.platform)


def _seen(publication: Publication) -> bool:
    """Whether people can look there themselves, under an address."""
    return CONNECTORS[publication.channel.platform].has_addresses


def _not_there(publication: Publication) -> str:
    if _seen(publication):
        return f"I have looked at {publication.channel.handle}: it is not there."
    return "I have asked: it has not arrived."


def _look_again(publication: Publication) -> Decision:
    return Decision(
        "look_again",
        "Look again",
        f"Hustings asks {_network(publication)} once more. Nothing is sent before it knows.",
        "Look at the network again",
        tone="primary",
    )


def _send_now(publication: Publication) -> Decision:
    if publication.intent_open:
        if not _seen(publication):
            does = "It goes out within seconds. If it has arrived after all, somebody gets it twice."
            if left := actions.not_sent_yet(publication):
                does += f" The {_others(left)} who wait behind get it afterwards."
            return Decision(
                "send_now",
                "It has not arrived: send it …",
                does,
                "Send it",
                sure=_not_there(publication),
            )
        return Decision(
            "send_now",
            "It is not there: send it …",
            "It goes out within seconds. If it is there after all, it stands there twice, and only deleting one "
            "on the network mends that.",
            "Send it",
            sure=_not_there(publication),
        )
    if actions.handed_over(publication):
        network = _network(publication)
        return Decision(
            "send_now",
            "Ask again …",
            f"Hustings goes on asking {network} what came of it. Nothing of it is sent again, unless {network} says that "
            "nothing came of it.",
            "Ask the network again",
            tone="primary",
        )
    if publication.state == State.ATTENTION and publication.parts_out:
        out = publication.parts_out
        return Decision(
            "send_now",
            "Finish the thread …",
            f"Hustings goes on with the first missing part. The {out} that {'is' if out == 1 else 'are'} out "
            f"{'is' if out == 1 else 'are'} not sent again.",
            "Send the missing parts",
            tone="primary",
        )
    if publication.reason in (Reason.RECONNECT, Reason.BLOCKED):
        return Decision(
            "send_now",
            "Send now …",
            "It goes out within seconds if the account works again. Reconnect the account first; otherwise the "
            "case comes back.",
            "Send it now",
        )
    does = "It goes out within seconds."
    if publication.state in (State.SCHEDULED, State.WAITING):
        does = "It goes out within seconds, instead of at its time."
    elif publication.reason == Reason.QUOTA:
        does = "Hustings tries at once. As long as the network's limit is used up, the case comes back."
    return Decision("send_now", "Send now …", does, "Send it now", tone="primary")


def _comment_again(publication: Publication) -> Decision:
    missing = actions.missing_comment(publication)
    doubt = missing is not None and actions.may_be_there(missing)
    return Decision(
        "comment_again",
        "Write the first comment …",
        "The approved comment is put under the post now. The post itself is not touched. If "
        f"{_network(publication)} refuses it again, this page says why.",
        "Write it",
        sure="I have looked under the post: the comment is not there." if doubt else "",
        tone="primary",
    )


def _reschedule(publication: Publication) -> Decision:
    does = "The approval of text and pictures stays; the new time is yours."
    if publication.state in (State.SCHEDULED, State.WAITING) and publication.variant_id is not None:
        does = "Another time of its day; the approval stays. To another day it is moved on the calendar."
    sure = ""
    if publication.intent_open:
        twice = "it will stand there twice" if _seen(publication) else "somebody gets it twice"
        does += f" It will be sent then: if it is there already, {twice}."
        sure = _not_there(publication)
    return Decision("reschedule", "New time …", does, "Move it", field="wall", sure=sure)


def _delete_parts(publication: Publication) -> Decision:
    out = publication.parts_out
    return Decision(
        "delete_parts",
        "Delete the parts …" if out > 1 else "Delete what is out …",
        f"Hustings deletes {'the' if out == 1 else 'all'} {out} post{'' if out == 1 else 's'} of it on "
        f"{_network(publication)}, the last one first. Likes and replies go with them. Nothing more of it is sent.",
        "Delete on the network",
        sure="I know that this cannot be undone.",
        tone="danger",
    )


def _edit_post(publication: Publication) -> Decision:
    network = _network(publication)
    return Decision(
        "edit_post",
        "Change its text …",
        f"The new text replaces the old one on {network}, where people may see that it was changed. The approved text and "
        "what it said before stay in the history here. Pictures stay as they are.",
        f"Change it on {network}",
        field="texts",
        sure="I have read the new text as if I approved it.",
        posts=mending.out(publication),
    )


def _delete_post(publication: Publication) -> Decision:
    count, network = len(mending.out(publication)), _network(publication)
    what = "the post" if count == 1 else f"all {count} posts of it"
    price = mending.price(publication)
    costs = f" {network} asks {price} for it." if price else ""
    return Decision(
        "delete_post",
        "Delete it …",
        f"Hustings deletes {what} on {network}. Likes, comments and shares go with {'it' if count == 1 else 'them'}; its "
        f"numbers and its history stay here.{costs}",
        f"Delete on {network}",
        field="why",
        sure="I know that this cannot be undone.",
        tone="danger",
    )


def _arrived(publication: Publication) -> Decision:
    left = actions.not_sent_yet(publication)
    return Decision(
        "arrived",
        "It has arrived: go on …",
        f"You know that it has. That person is sent nothing more; the {_others(left)} who wait behind get it within "
        "seconds, once each.",
        "It has arrived: send it to the others",
        tone="primary",
    )


def _others(count: int) -> str:
    return "1 other" if count == 1 else f"{count} others"


def _mark_as_out(publication: Publication) -> Decision:
    if not _seen(publication):
        does = "You know that somebody got it. It counts as published; nothing more of it is sent."
        left = actions.not_sent_yet(publication)
        if left:
            does += f" The {_others(left)} who wait behind get nothing."
        return Decision(
            "mark_as_out",
            "It has arrived: that is enough …" if left else "It has arrived …",
            does,
            "It has arrived",
        )
    return Decision(
        "mark_as_out",
        "It is out …",
        "You have seen it there. It counts as published under the address you give; nothing more of it is sent.",
        "It is there",
        field="url",
    )


def _drop(publication: Publication) -> Decision:
    does = "Nothing more of it is sent."
    if actions.handed_over(publication):
        does += " If it is there, it stays there without its numbers being counted here."
    elif publication.may_be_out():
        does += " Whoever got it has it, and would get it twice if it were planned anew."
    else:
        if publication.parts_out:
            does += " What is out stays there."
        elif publication.intent_open:
            does += " If it has arrived, it stays there without its numbers being counted here."
        does += " To send it later, plan and approve it anew."
    return Decision("drop", "Leave it …", does, "Leave it", "why")


def _cancel(publication: Publication) -> Decision:
    does = "Nothing of it goes out. To send it later, plan and approve it anew."
    if publication.may_be_out():
        does = "Nothing more of it goes out. Whoever got it has it, and would get it twice if it were planned anew."
    if publication.state in (State.RUNNING, State.IN_DOUBT):
        does = "It is being sent. What has not left yet is stopped; what is out stays."
    return Decision("cancel", "Stop it …", does, "Stop it", "why")


def _set_grace(publication: Publication) -> Decision:
    return Decision(
        "set_grace",
        "How late may it be? …",
        "If something holds it up longer than this, Hustings asks you instead of sending it.",
        "Keep this",
        "grace",
    )


_MAKERS: dict[str, Any] = {
    "look_again": _look_again,
    "arrived": _arrived,
    "send_now": _send_now,
    "mark_as_out": _mark_as_out,
    "reschedule": _reschedule,
    "set_grace": _set_grace,
    "comment_again": _comment_again,
    "delete_parts": _delete_parts,
    "edit_post": _edit_post,
    "delete_post": _delete_post,
    "drop": _drop,
    "cancel": _cancel,
}
ORDER = tuple(_MAKERS)
