"""Writing an answer, going on in private, and what is done to a message under the policy."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from cms.models import Claim
from community import answers, desk, facts, moderation
from community.answers import NotPossible
from community.core import corrections, replies, saved
from community.core import policy as published
from community.enums import ActState, AnswerState
from community.models import Answer, Case, Conversation, Message, Office, Pair, SavedReply
from community.views.base import TalkAccess, TalkPage
from community.views.conversation import ConversationPage
from community.views.settings import DAYS, shown_shifts
from work import clock

KEPT = (("saved_reply", "reply"), ("corrects", "corrects"), ("pair", "pair"))
MOST_COUNTED = 100_000  # characters
ACTIONS = {
    "hide": "Hide",
    "delete_comment": "Delete",
    "mute": "Stop answering this person",
    "block": "Block this person on the network",
}


def of_campaign(conversation: Conversation) -> list[SavedReply]:
    return list(SavedReply.objects.filter(campaign_id__in=[conversation.campaign_id])) + list(
        SavedReply.objects.filter(campaign=None)
    )


def values_of(conversation: Conversation, user: Any) -> dict[str, str]:
    """What the fields of a saved reply stand for here."""
    story = conversation.story
    return {
        "name": (conversation.contact.name or conversation.contact.handle) if conversation.contact else "",
        "story": story.title if story else "",
        "link": (story.full_url or "") if story and story.live else "",
        "campaign": conversation.campaign.title,
        "hours": hours_in_words(conversation.campaign_id),
        "me": user.get_full_name() or user.get_username(),
    }


def hours_in_words(campaign: int) -> str:
    """“Monday 09:00–17:00, …” as the team has set them; "" where it has not."""
    office = Office.objects.filter(campaign=campaign, channel=None).first()
    days = [(day, shown_shifts(office.hours, number)) for number, day in enumerate(DAYS)] if office else []
    return ", ".join(f"{day} {shifts}" for day, shifts in days if shifts)


def composer(conversation: Conversation, user: Any, **given: Any) -> dict[str, Any]:
    """Everything that the form for an answer shows. ``given`` goes before: the text of a form that was refused."""
    now = clock.now()
    text = given.get("text", "")
    newest_ours = conversation.messages.filter(direction="out").order_by("-pk").values_list("pk", flat=True)
    limit = replies.room(
        conversation.channel.platform, private=conversation.private, facts=conversation.channel.facts
    )
    said = to_choose(conversation)
    message = given.get("message") or answers.to_answer(conversation)
    way = answers.private_way(conversation, now, message if said else None)
    why_not = answers.why_not(conversation, message, now)
    return {
        "text": text,
        "key": uuid.uuid4().hex,
        "seen": newest_ours.first() or 0,
        "why_not": why_not,
        "limit": limit,
        "counted": counted(limit, text)["length"] if text else "",
        "saved": of_campaign(conversation),
        "said": said,
        "message": message,
        "private_why": way.why,
        "second": answers.why_second(conversation, user),
        "waiting": conversation.answers.filter(
            state__in=(AnswerState.TO_APPROVE, AnswerState.REJECTED, AnswerState.HANDED_OVER), message=None
        ).select_related("author", "publication")[:5],
        "reply": None,
        **given,
    } | {"open": not why_not or not way.why}


def to_choose(conversation: Conversation, most: int = 8) -> list[Message]:
    """The newest messages of others, where several people speak: the answer goes to one of them."""
    if conversation.private:
        return []
    rows = conversation.messages.filter(direction="in", deleted_at=None).select_related("author")
    found = list(rows.defer("raw").order_by("-at", "-pk")[:most])
    return found if len(found) > 1 else []


def begun_again(answer: Answer, user: Any) -> dict[str, Any]:
    """The form of an answer that sets an earlier one right: a saved correction for its facts, else what is known."""
    conversation = answer.conversation
    claims = [claim for claim in facts.of_answer(answer) if claim.withdrawn]
    found = facts.corrections(
        claims=[claim.pk for claim in claims], case=answer.case_id, campaign=conversation.campaign_id
    )
    rests = [claim.successor for claim in claims if claim.successor]
    given: dict[str, Any] = {"corrects": answer, "claims": rests, "case": answer.case}
    given["unchecked"] = bool(facts.findings(rests))
    if found:
        return given | {"reply": found[0], "text": saved.fill(found[0].text, values_of(conversation, user))}
    why, right = facts.right_words(answer)
    text = corrections.begin(answer.text, why=why, right=right, language=conversation.language)
    return given | {"text": text}


def counted(limit: Any, text: str) -> dict[str, Any]:
    """How long a text is as its network counts, in words, and whether that is too long."""
    if limit is None:
        return {"length": "", "over": False}
    length = limit.count(text)
    words = f"{length:,} of {limit.most:,} {limit.unit}"
    if length > limit.most:
        return {"length": f"{words}: {length - limit.most:,} too many", "over": True}
    return {"length": words, "over": False}


class Writing(TalkAccess):
    """Told by the page while somebody types: answers with the length, and with who else is writing here."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        channel = conversation.channel
        limit = replies.room(channel.platform, private=conversation.private, facts=channel.facts)
        text = request.POST.get("text", "")[:MOST_COUNTED].replace("\r\n", "\n")
        names = [
            user.get_full_name() or user.get_username() for user in desk.writing(request.user, conversation)
        ]
        verb = "are" if len(names) > 1 else "is"
        others = f"{' and '.join(names)} {verb} writing an answer here just now." if names else ""
        return JsonResponse({**counted(limit, text), "others": others})


class Reply(ConversationPage):
    """Sends the form of an answer, or shows the page again with it and what stands against it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(reverse("community:conversation", args=[pk]))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        text = request.POST.get("text", "").replace("\0", "").replace("\r\n", "\n")
        do = request.POST.get("do", "")
        reply = self.reply_of(conversation)
        given: dict[str, Any] = {
            "text": text,
            "reply": reply,
            "confirmed": "confirmed" in request.POST,
            "send_at": request.POST.get("send_at", "")[:30],
            "key": request.POST.get("key", "")[:40] or uuid.uuid4().hex,
            "message": self.row(
                conversation.messages.filter(direction="in").select_related("author"),
                request.POST.get("to", ""),
            ),
        }
        given |= self.facts(conversation)
        if do in ("take", "drop"):
            return self.earlier(conversation, do)
        if do.startswith(("claim:", "case:", "pair:")):
            return self.page(conversation, self.put_in(conversation, given, do))
        wrong = self.wrong(conversation, given)
        if do == "use":
            if reply is not None:
                given["text"] = saved.fill(reply.text, values_of(conversation, request.user))
            return self.page(conversation, {**given, "confirmed": False})
        if do == "check" or wrong:
            return self.page(conversation, {**given, "wrong": wrong, "checked": do == "check" and not wrong})
        try:
            said, there = self.send(conversation, given, do)
        except answers.Collision as error:
            return self.page(conversation, {**given, "wrong": [str(error)], "anyway": True})
        except NotPossible as error:
            return self.page(conversation, {**given, "wrong": [str(error)]})
        messages.success(request, said)
        return redirect(reverse("community:conversation", args=[there.pk]))

    def facts(self, conversation: Conversation) -> dict[str, Any]:
        """What the answer rests on, as the form says; only of the same campaign."""
        post = self.request.POST
        ids = [int(each) for each in post.getlist("claims") if each.isdecimal() and len(each) < 12][:50]
        rows = Claim.objects.filter(campaign=conversation.campaign_id, pk__in=ids)
        given: dict[str, Any] = {
            "claims": list(rows.select_related("campaign", "successor").order_by("pk")),
            "case": self.row(Case.objects.filter(campaign=conversation.campaign_id), post.get("case", "")),
            "corrects": self.row(
                conversation.answers.filter(message__isnull=False), post.get("corrects", "")
            ),
            "pair": self.row(Pair.objects.filter(campaign=conversation.campaign_id), post.get("pair", "")),
            "looked": "looked" in post,
        }
        return given | {"unchecked": bool(facts.findings(given["claims"]))}

    @staticmethod
    def row(rows: Any, number: str) -> Any:
        return rows.filter(pk=number).first() if number.isdecimal() and len(number) < 12 else None

    def put_in(self, conversation: Conversation, given: dict[str, Any], do: str) -> dict[str, Any]:
        """The text with a statement and its source behind it; the answer rests on it from now on."""
        what, _, number = do.partition(":")
        said = ""
        if what == "claim":
            rows = Claim.objects.filter(campaign=conversation.campaign_id).select_related(
                "campaign", "successor"
            )
            claim = self.row(rows, number)
            if claim is not None and not claim.withdrawn:
                said = corrections.fact(claim.text, claim.source_title, claim.source_url)
                others = [each for each in given["claims"] if each.pk != claim.pk]
                given = {**given, "claims": [*others, claim]}
                given["unchecked"] = bool(facts.findings(given["claims"]))
        elif what == "pair":
            pair = self.row(Pair.objects.filter(campaign=conversation.campaign_id, stopped_at=None), number)
            if pair is not None and pair.approved_at is not None:
                said, given = pair.answer, {**given, "pair": pair}
        else:
            case = self.row(Case.objects.filter(campaign=conversation.campaign_id), number)
            if case is not None and case.finding:
                said, given = case.finding, {**given, "case": case}
        return {**given, "text": f"{given['text'].rstrip()} {said}".strip(), "confirmed": False}

    def earlier(self, conversation: Conversation, do: str) -> HttpResponse:
        """An answer that came back: into the form again, or away."""
        waits = conversation.answers.filter(state=AnswerState.REJECTED)
        answer = self.row(waits, self.request.POST.get("answer", ""))
        if answer is None:
            messages.error(self.request, "It is not there any more.")
            return redirect(reverse("community:conversation", args=[conversation.pk]))
        if do == "drop":
            desk.drop(self.request.user, answer)
            messages.success(self.request, "It is thrown away.")
            return redirect(reverse("community:conversation", args=[conversation.pk]))
        claims = facts.of_answer(answer)
        given = {"text": answer.text, "claims": claims, "case": answer.case, "corrects": answer.corrects}
        if answer.form_key:
            given["key"] = answer.form_key
        return self.page(conversation, {**given, "unchecked": bool(facts.findings(claims))})

    def reply_of(self, conversation: Conversation) -> SavedReply | None:
        wanted = self.request.POST.get("reply", "") or self.request.POST.get("used", "")
        return next((row for row in of_campaign(conversation) if str(row.pk) == wanted), None)

    def wrong(self, conversation: Conversation, given: dict[str, Any]) -> list[str]:
        text, reply = given["text"], given["reply"]
        offered = saved.fill(reply.text, values_of(conversation, self.request.user)) if reply else ""
        outdated = bool(reply and reply.kind == facts.USUAL and reply.outdated_at)
        found = [
            f.message
            for f in saved.findings(text, offered=offered, confirmed=given["confirmed"], outdated=outdated)
        ]
        rests = [*given["claims"]]
        if given["pair"] is not None:
            rests += list(given["pair"].claims.select_related("campaign", "successor"))
        if reply is not None and reply.kind == facts.USUAL:
            rests += [
                claim for claim in reply.claims.select_related("campaign", "successor") if claim not in rests
            ]
        pair = given["pair"]
        if pair is not None and not given["confirmed"] and text.strip() == pair.answer.strip():
            found.append("Make it fit this person, or say below that it fits word for word.")
        found += [f"{f.words} {f.remedy}" for f in facts.findings(rests, confirmed=given["looked"])]
        if self.request.POST.get("do") != "private":
            now = clock.now()
            found += [
                f"{f.words} {f.remedy}".strip()
                for f in answers.findings(conversation, text, message=given["message"], now=now)
                if f.level == "blocker"
            ]
        return list(dict.fromkeys(found))

    def send(self, conversation: Conversation, given: dict[str, Any], do: str) -> tuple[str, Conversation]:
        user, post = self.request.user, self.request.POST
        at = self.moment(given["send_at"])
        fields: dict[str, Any] = {"claims": given["claims"], "case": given["case"]}
        fields |= {name: given[key] for name, key in KEPT if given[key]}
        fields["message"] = given["message"]
        if do == "private":
            answer = desk.take_private(user, conversation, given["text"], form_key=given["key"], **fields)
        else:
            answer = desk.draft_answer(user, conversation, given["text"], form_key=given["key"], **fields)
        seen = int(post["seen"]) if post.get("seen", "").isdecimal() and do != "private" else None
        answer = desk.send(user, answer, at=at, seen=seen, anyway="anyway" in post)
        if answer.state == AnswerState.TO_APPROVE:
            return "Kept for a second person, who has to agree before it goes out.", answer.conversation
        if at is not None:
            return f"It goes out on {timezone.localtime(at):%-d %B at %H:%M}.", answer.conversation
        return "It is on its way.", answer.conversation

    @staticmethod
    def moment(text: str) -> datetime | None:
        if not text:
            return None
        try:
            wall = datetime.fromisoformat(text)
        except ValueError:
            raise NotPossible("Write the time like 2026-11-30 09:00, or leave it empty.") from None
        return timezone.make_aware(wall) if timezone.is_naive(wall) else wall

    def page(self, conversation: Conversation, given: dict[str, Any]) -> HttpResponse:
        return self.show(conversation, composer(conversation, self.request.user, **given))


class Decide(TalkPage):
    """What waits for a second person: answers and deletions. Nobody decides about their own."""

    template_name = "community/decide.html"
    page_title = crumb = "For a second person"
    capability = policy.MODERATE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown()

    def shown(self, **given: Any) -> HttpResponse:
        user = self.request.user
        return self.render_to_response(
            self.get_context_data(answers=desk.to_approve(user)[:50], acts=desk.to_agree(user)[:50], **given)
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        user, do = request.user, request.POST.get("do", "")
        try:
            if number := request.POST.get("answer", ""):
                answer = self.one(desk.to_approve(user), number)
                if do == "yes":
                    answer.text = request.POST.get("text", "").replace("\r\n", "\n")
                    desk.approve(user, answer, anyway="anyway" in request.POST)
                    said = "It is on its way."
                else:
                    desk.reject(user, answer, request.POST.get("why", ""))
                    said = "Sent back to its author."
            else:
                act = self.one(desk.to_agree(user), request.POST.get("act", ""))
                (desk.agree if do == "yes" else desk.refuse)(user, act)
                said = "It is being done." if do == "yes" else "Nothing is done; the wish stays in the log."
            messages.success(request, said)
        except answers.Collision as error:
            return self.shown(clash=answer.pk, clash_why=str(error), clash_with=error.answers)
        except NotPossible as error:
            messages.error(request, str(error))
        return redirect("community:decide")

    def one(self, rows: Any, number: str) -> Any:
        row = rows.filter(pk=number if number.isdecimal() and len(number) < 12 else 0).first()
        if row is None:
            raise Http404
        policy.require(self.request.user, policy.MODERATE, row.conversation)
        return row


class Moderate(TalkPage):
    """Hide, delete, or no longer answer: with a category of the published policy and a note."""

    template_name = "community/moderate.html"
    page_title = crumb = "Moderate"
    capability = policy.MODERATE

    def message(self, pk: int) -> Message:
        row = (
            Message.objects.select_related("conversation__channel", "author", "channel").filter(pk=pk).first()
        )
        if row is None or not policy.can(self.request.user, policy.MODERATE, row.conversation):
            raise Http404
        return row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.message(pk))

    def page(self, message: Message, **given: Any) -> HttpResponse:
        offered = [
            {"name": name, "label": label, "why_not": moderation.can(message, name)}
            for name, label in ACTIONS.items()
        ]
        return self.render_to_response(
            self.get_context_data(
                message=message,
                offered=offered,
                possible=any(not each["why_not"] for each in offered),
                categories=published.CATEGORIES,
                done=message.acts.order_by("-at", "-pk").select_related("undone_by", "publication"),
                **given,
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        message, post = self.message(pk), request.POST
        try:
            if number := post.get("undo", ""):
                act = message.acts.filter(pk=number if number.isdecimal() and len(number) < 12 else 0).first()
                if act is None:
                    raise Http404
                desk.undo(request.user, act)
                messages.success(request, "It is being taken back.")
            else:
                if post.get("action") not in ACTIONS:
                    raise NotPossible("Choose what is to be done.")
                act = desk.moderate(
                    request.user,
                    message,
                    post["action"],
                    category=post.get("category", "")[:40],
                    note=post.get("note", "").replace("\0", "")[:2000],
                    criticism="criticism" in post,
                )
                waits = act.state == ActState.TO_APPROVE
                messages.success(
                    request, "A second person has to agree." if waits else "It is being done. A copy is kept."
                )
        except NotPossible as error:
            return self.page(
                message, wrong=str(error), note=post.get("note", ""), chosen=post.get("category", "")
            )
        return redirect(reverse("community:conversation", args=[message.conversation_id]))
