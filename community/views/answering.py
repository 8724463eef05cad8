"""Writing an answer, going on in private, and what is done to a message under the policy."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from cms.models import CampaignImage, Claim
from community import answers, desk, facts, ingest, moderation, pictures
from community.answers import NotPossible
from community.core import corrections, saved
from community.core import policy as published
from community.enums import ActState, AnswerState, Status
from community.models import Answer, Case, Conversation, Message, Office, Pair, SavedReply
from community.views.base import TalkAccess, TalkPage
from community.views.conversation import ConversationPage
from community.views.settings import DAYS, shown_shifts
from publishing.core.states import State
from work import clock

KEPT = (("saved_reply", "reply"), ("corrects", "corrects"), ("pair", "pair"))
STAYS = {
    Status.CLOSED: "The conversation is closed, and stays so.",
    Status.NO_ANSWER: "The conversation is set to “No answer needed”, and stays so.",
}
MOST_COUNTED = 100_000  # characters
MOST_ALT = 10_000
SHELF = 12  # pictures of the library at once
SHELVES = ("library", "picture", "upload", "without")
THUMB = "fill-240x180"
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


def values_of(conversation: Conversation, user: Any, message: Message | None = None) -> dict[str, str]:
    """What the fields of a saved reply stand for here; {name} is whoever wrote ``message``."""
    story = conversation.story
    person = message.author if message is not None and message.author is not None else conversation.contact
    return {
        "name": saved.plain_name(person.name or person.handle) if person else "",
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
    said = to_choose(conversation)
    message = given.get("message") or (longest(conversation) if said else None)
    message = message or answers.to_answer(conversation)
    if said and message is not None and message not in said:
        said = [*said, message]
    way = answers.private_way(conversation, now, message if said else None)
    why_not = answers.why_not(conversation, message, now)
    limit = answers.room(conversation, message)
    return {
        "text": text,
        "takes": picture_room(conversation),
        "key": uuid.uuid4().hex,
        "seen": newest(conversation, "out"),
        "heard": newest(conversation, "in"),
        "seen_private": newest(way.there, "out") if way.there is not None else 0,
        "why_not": why_not,
        "limit": limit,
        "counted": counted(limit, text)["length"] if text else "",
        "saved": of_campaign(conversation),
        "said": said,
        "message": message,
        "private_why": way.why,
        "second": answers.why_second(conversation, user, to=message),
        "waiting": waiting(conversation, user),
        "reply": None,
        **given,
    } | {"open": not why_not or not way.why, "message": message}


def newest(conversation: Conversation, direction: str) -> int:
    """The number of the newest message of one side; 0 where there is none."""
    rows = conversation.messages.filter(direction=direction).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def waiting(conversation: Conversation, user: Any, most: int = 5) -> list[Answer]:
    """Answers that are not out, the newest first, each with whether this person may take it back."""
    states = (AnswerState.TO_APPROVE, AnswerState.REJECTED, AnswerState.HANDED_OVER)
    rows = conversation.answers.filter(state__in=states, message=None).order_by("-pk")
    found = list(rows.select_related("author", "publication__version", "message")[:most])
    for row in found:
        row.mine = may_take_back(user, row)
    return found


def may_take_back(user: Any, answer: Answer) -> bool:
    """Its author may, and whoever moderates; not once it is out."""
    author = answer.author_id == user.pk or policy.can(user, policy.MODERATE, answer.conversation)
    over = answer.publication is not None and answer.publication.state == State.PUBLISHED
    return author and not over


def picture_room(conversation: Conversation) -> dict[str, Any] | None:
    """What of pictures an answer here may hold, in public or in private; None where neither holds any."""
    here = pictures.taken(conversation, private=conversation.private)
    inside = None if conversation.private else pictures.taken(conversation, private=True)
    if here is None and inside is None:
        return None
    most = max(each.most for each in (here, inside) if each is not None)
    return {"most": most, "alt": any(each.alt for each in (here, inside) if each is not None), "here": here}


def to_choose(conversation: Conversation, most: int = 8) -> list[Message]:
    """The newest messages of others, where several people speak: the answer goes to one of them."""
    if conversation.private:
        return []
    rows = conversation.messages.filter(direction="in", deleted_at=None).select_related("author")
    found = list(rows.defer("raw").order_by("-at", "-pk")[:most])
    return found if len(found) > 1 else []


def longest(conversation: Conversation) -> Message | None:
    """What whoever has waited longest and can be answered said last; None where nobody waits, nobody knows who it is, or
    nobody can be answered.
    """
    now = clock.now()
    for contact, _ in ingest.who_waits(conversation):
        rows = conversation.messages.filter(direction="in", deleted_at=None, author=contact)
        found = rows.select_related("author").order_by("-at", "-pk").first() if contact else None
        if found is not None and not answers.why_not(conversation, found, now):
            return found
    return None


def begun_again(answer: Answer, user: Any) -> dict[str, Any]:
    """The form of an answer that sets an earlier one right: a saved correction for its facts, else what is known."""
    conversation = answer.conversation
    claims = [claim for claim in facts.of_answer(answer) if claim.withdrawn]
    found = facts.corrections(
        claims=[claim.pk for claim in claims], case=answer.case_id, campaign=conversation.campaign_id
    )
    rests = [claim.successor for claim in claims if claim.successor]
    given: dict[str, Any] = {"corrects": answer, "claims": rests, "case": answer.case}
    if (
        answer.to is not None
        and answer.to.conversation_id == conversation.pk
        and answer.to.deleted_at is None
    ):
        given["message"] = answer.to
    given["unchecked"] = bool(facts.findings(rests))
    if found:
        values = values_of(conversation, user, given.get("message"))
        return given | {"reply": found[0], "text": saved.fill(found[0].text, values)}
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
        message = addressed(conversation, request.POST) or answers.to_answer(conversation)
        limit = answers.room(conversation, message)
        text = request.POST.get("text", "")[:MOST_COUNTED].replace("\r\n", "\n")
        names = [
            user.get_full_name() or user.get_username() for user in desk.writing(request.user, conversation)
        ]
        verb = "are" if len(names) > 1 else "is"
        others = f"{' and '.join(names)} {verb} writing an answer here just now." if names else ""
        return JsonResponse({**counted(limit, text), "others": others})


def addressed(conversation: Conversation, post: Any) -> Message | None:
    """Which message the form answers; one that was sent back may answer what was said in public."""
    places = [conversation.pk]
    if conversation.private and conversation.continued_from_id:
        places.append(conversation.continued_from_id)
    rows = Message.objects.filter(conversation__in=places, direction="in")
    found: Message | None = numbered(rows.select_related("author", "conversation"), post.get("to", ""))
    return found


def numbered(rows: Any, number: str) -> Any:
    """The row of this number, as a form sent it, among these."""
    return rows.filter(pk=number).first() if number.isdecimal() and len(number) < 12 else None


def beside(image: CampaignImage, alt: str | None = None) -> dict[str, Any]:
    """A picture in the form; what the library says of it is the first proposal for its alt text."""
    words = image.default_alt_text if alt is None else alt.replace("\0", "").replace("\r\n", "\n")
    return {"image": image, "alt": words[:MOST_ALT]}


class Reply(ConversationPage):
    """Sends the form of an answer, or shows the page again with it and what stands against it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(reverse("community:conversation", args=[pk]))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        text = request.POST.get("text", "").replace("\0", "").replace("\r\n", "\n")
        do = request.POST.get("do", "")
        if do == "enter":  # the Enter key in a field: nothing is sent by it
            do = "library" if request.POST.get("query", "").strip() else "check"
        reply = self.reply_of(conversation)
        given: dict[str, Any] = {
            "text": text,
            "reply": reply,
            "confirmed": "confirmed" in request.POST,
            "send_at": request.POST.get("send_at", "")[:30],
            "key": request.POST.get("key", "")[:40] or uuid.uuid4().hex,
            "message": addressed(conversation, request.POST),
        }
        given |= self.facts(conversation)
        given["pictures"] = self.pictures(conversation)
        if do.partition(":")[0] in ("take", "drop"):
            return self.earlier(conversation, do)
        if do.startswith(("claim:", "case:", "pair:")):
            return self.page(conversation, self.put_in(conversation, given, do))
        if do.partition(":")[0] in SHELVES:
            return self.page(conversation, self.shelf(conversation, given, do))
        wrong = self.copied(conversation, given) or self.wrong(conversation, given)
        if do == "use":
            if reply is not None:
                given["text"] = saved.fill(
                    reply.text, values_of(conversation, request.user, given["message"])
                )
            return self.page(conversation, {**given, "confirmed": False})
        if do == "check" or wrong:
            return self.page(conversation, {**given, "wrong": wrong, "checked": do == "check" and not wrong})
        if self.news(conversation):
            new = "Somebody has written since you opened this. Look at it, then send your answer."
            return self.page(conversation, {**given, "wrong": [new], "anyway": True})
        try:
            said, there = self.send(conversation, given, do)
        except answers.Collision as error:
            return self.page(conversation, {**given, "wrong": [str(error)], "anyway": True})
        except answers.MoreReaders as error:
            return self.page(conversation, {**given, "wrong": [str(error)], "readers": error.names})
        except NotPossible as error:
            return self.page(conversation, {**given, "wrong": [str(error)]})
        messages.success(request, said)
        return redirect(reverse("community:conversation", args=[there.pk]))

    def news(self, conversation: Conversation) -> bool:
        """Whether others have written since the page was made, and nobody has said to send all the same."""
        heard = self.request.POST.get("heard", "")
        if not heard.isdecimal() or len(heard) > 18 or "anyway" in self.request.POST:
            return False
        return conversation.messages.filter(direction="in", deleted_at=None, pk__gt=int(heard)).exists()

    def pictures(self, conversation: Conversation) -> list[dict[str, Any]]:
        """The pictures that the form holds, each with its alt text."""
        post = self.request.POST
        return [
            beside(row, post.get(f"alt-{row.pk}"))
            for row in pictures.chosen(conversation, post.getlist("pictures"))
        ]

    def shelf(self, conversation: Conversation, given: dict[str, Any], do: str) -> dict[str, Any]:
        """The form with the library open, with a picture more, or with one less."""
        what, _, number = do.partition(":")
        held, query = given["pictures"], self.request.POST.get("query", "")[:100]
        if what == "without":
            return {**given, "pictures": [each for each in held if str(each["image"].pk) != number]}
        try:
            if what == "upload":
                file = self.request.FILES.get("file")
                if file is None:
                    raise pictures.Unfit("Choose a file first.")
                return {
                    **given,
                    "pictures": [*held, beside(pictures.add(conversation, file, by=self.request.user))],
                }
        except pictures.Unfit as error:
            return {**given, "wrong": [str(error)]}
        if what == "picture":
            more = [beside(row) for row in pictures.chosen(conversation, [number])]
            have = {each["image"].pk for each in held}
            return {**given, "pictures": held + [each for each in more if each["image"].pk not in have]}
        rows = pictures.library(conversation, query)
        page = Paginator(rows.prefetch_renditions(THUMB), SHELF).get_page(number or 1)
        return {**given, "library": page, "query": query}

    def copied(self, conversation: Conversation, given: dict[str, Any]) -> list[str]:
        """Make the copies that would go out (``attachments``); what is wrong with them."""
        private = conversation.private or self.request.POST.get("do") == "private"
        takes = pictures.taken(conversation, private=private)
        given["attachments"] = []
        if given["pictures"] and takes is None:
            return ["This answer carries text only. Put a link into the text instead of the picture."]
        try:
            for each in given["pictures"] if takes else ():
                given["attachments"].append(pictures.entry(each["image"], takes, each["alt"]))
        except pictures.Unfit as error:
            return [str(error)]
        return []

    def facts(self, conversation: Conversation) -> dict[str, Any]:
        """What the answer rests on, as the form says; only of the same campaign."""
        post = self.request.POST
        ids = [int(each) for each in post.getlist("claims") if each.isdecimal() and len(each) < 12][:50]
        rows = Claim.objects.filter(campaign=conversation.campaign_id, pk__in=ids)
        given: dict[str, Any] = {
            "claims": list(rows.select_related("campaign", "successor").order_by("pk")),
            "case": numbered(Case.objects.filter(campaign=conversation.campaign_id), post.get("case", "")),
            "corrects": numbered(answers.out(conversation), post.get("corrects", "")),
            "pair": numbered(Pair.objects.filter(campaign=conversation.campaign_id), post.get("pair", "")),
            "looked": "looked" in post,
        }
        return given | {"unchecked": bool(facts.findings(given["claims"]))}

    def put_in(self, conversation: Conversation, given: dict[str, Any], do: str) -> dict[str, Any]:
        """The text with a statement and its source behind it; the answer rests on it from now on."""
        what, _, number = do.partition(":")
        said = ""
        if what == "claim":
            rows = Claim.objects.filter(campaign=conversation.campaign_id).select_related(
                "campaign", "successor"
            )
            claim = numbered(rows, number)
            if claim is not None and not claim.withdrawn:
                said = corrections.fact(claim.text, claim.source_title, claim.source_url)
                others = [each for each in given["claims"] if each.pk != claim.pk]
                given = {**given, "claims": [*others, claim]}
                given["unchecked"] = bool(facts.findings(given["claims"]))
        elif what == "pair":
            pair = numbered(Pair.objects.filter(campaign=conversation.campaign_id, stopped_at=None), number)
            if pair is not None and pair.approved_at is not None:
                said, given = pair.answer, {**given, "pair": pair}
        else:
            case = numbered(Case.objects.filter(campaign=conversation.campaign_id), number)
            if case is not None and case.finding:
                said, given = case.finding, {**given, "case": case}
        return {**given, "text": f"{given['text'].rstrip()} {said}".strip(), "confirmed": False}

    def earlier(self, conversation: Conversation, do: str) -> HttpResponse:
        """An answer that is not out: into the form again, or away."""
        user = self.request.user
        answer = numbered(conversation.answers.filter(message=None), self.request.POST.get("answer", ""))
        if answer is None or answer.pk not in {row.pk for row in waiting(conversation, user, 50)}:
            messages.error(self.request, "It is not there any more.")
            return redirect(reverse("community:conversation", args=[conversation.pk]))
        if do == "drop":
            if not may_take_back(user, answer):
                raise PermissionDenied
            try:
                desk.drop(user, answer)
                messages.success(self.request, "It does not go out.")
            except NotPossible as error:
                messages.error(self.request, str(error))
            return redirect(reverse("community:conversation", args=[conversation.pk]))
        if answer.state != AnswerState.REJECTED and not answer.left_here:
            messages.error(self.request, "Take it back first.")
            return redirect(reverse("community:conversation", args=[conversation.pk]))
        claims = facts.of_answer(answer)
        given = {"text": answer.text, "claims": claims, "case": answer.case, "corrects": answer.corrects}
        alts = {str(each.get("picture")): each["alt"] for each in answer.attachments}
        rows = pictures.chosen(conversation, list(alts))
        given["pictures"] = [beside(row, alts[str(row.pk)]) for row in rows]
        if answer.form_key and answer.state == AnswerState.REJECTED:
            given["key"] = answer.form_key
        if answer.to is not None:
            given["message"] = answer.to
        return self.page(conversation, {**given, "unchecked": bool(facts.findings(claims))})

    def reply_of(self, conversation: Conversation) -> SavedReply | None:
        """What was put in; what merely stands chosen in the list is not, once something was put in."""
        chosen, used = self.request.POST.get("reply", ""), self.request.POST.get("used", "")
        wanted = chosen if self.request.POST.get("do") == "use" else used or chosen
        return next((row for row in of_campaign(conversation) if str(row.pk) == wanted), None)

    def wrong(self, conversation: Conversation, given: dict[str, Any]) -> list[str]:
        """What stands against sending it. What does not, but should be known, is put into ``given``."""
        text, reply = given["text"], given["reply"]
        values = values_of(conversation, self.request.user, given["message"])
        offered = saved.fill(reply.text, values) if reply else ""
        outdated = bool(reply and reply.kind == facts.USUAL and reply.outdated_at)
        found = [
            f.message
            for f in saved.findings(text, offered=offered, confirmed=given["confirmed"], outdated=outdated)
        ]
        chosen, used = self.request.POST.get("reply", ""), self.request.POST.get("used", "")
        if used and chosen and chosen != used:
            found.append(
                "Another saved reply is chosen in the list than the one in the text. Put it in, or choose that again."
            )
        found += self.other_facts(given)
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
            now, media = clock.now(), given["attachments"]
            said = answers.findings(conversation, text, message=given["message"], now=now, media=media)
            found += [f"{f.words} {f.remedy}".strip() for f in said if f.level == "blocker"]
            warned = (f"{f.words} {f.remedy}".strip() for f in said if f.level != "blocker")
            given["warned"] = list(dict.fromkeys(warned))  # of two pictures the same may be said
        return list(dict.fromkeys(found))

    def other_facts(self, given: dict[str, Any]) -> list[str]:
        """Facts that say something else than when the form was made."""
        found = []
        for fact in (*given["claims"], *([given["case"]] if given["case"] else [])):
            name = f"seal-{type(fact).__name__.lower()}-{fact.pk}"
            if (was := self.request.POST.get(name, "")) and was != facts.seal(fact):
                says = fact.finding if isinstance(fact, Case) else fact.text
                found.append(f"“{fact}” says something else since you opened this: {says}")
        return found

    def send(self, conversation: Conversation, given: dict[str, Any], do: str) -> tuple[str, Conversation]:
        user, post = self.request.user, self.request.POST
        at = self.moment(given["send_at"])
        fields: dict[str, Any] = {"claims": given["claims"], "case": given["case"]}
        fields |= {name: given[key] for name, key in KEPT if given[key]}
        fields["message"] = given["message"]
        fields["attachments"] = given["attachments"]
        message = given["message"]
        begun = (
            message is not None and message.conversation_id != conversation.pk
        )  # a beginning that was sent back
        known = post.get("seen_private" if do == "private" else "seen", "")
        seen = int(known) if known.isdecimal() and len(known) < 19 else None
        sent = {"at": at, "seen": seen, "anyway": "anyway" in post, "readers": post.getlist("readers")}
        if do == "private" or begun:
            place = message.conversation if begun else conversation
            with transaction.atomic():  # what is refused has begun no conversation
                answer = desk.take_private(user, place, given["text"], form_key=given["key"], **fields)
                answer = desk.send(user, answer, **sent)
        else:
            answer = desk.draft_answer(user, conversation, given["text"], form_key=given["key"], **fields)
            answer = desk.send(user, answer, **sent)
        if answer.state == AnswerState.TO_APPROVE:
            said = "Kept for a second person, who has to agree before it goes out."
        elif at is not None:
            said = f"It goes out on {timezone.localtime(at):%-d %B at %H:%M}."
        else:
            said = "It is on its way."
        return f"{said} {self.stays(answer)}".rstrip(), answer.conversation

    @staticmethod
    def stays(answer: Answer) -> str:
        """What a colleague may have decided meanwhile, and an answer changes nothing about."""
        status = Conversation.objects.values_list("status", flat=True).get(pk=answer.conversation_id)
        return STAYS.get(status, "")

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
        waiting = list(desk.to_approve(user)[:50])
        for each in waiting:
            each.sealed = pictures.seal(each.attachments)
        return self.render_to_response(
            self.get_context_data(answers=waiting, acts=desk.to_agree(user)[:50], **given)
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        user, do = request.user, request.POST.get("do", "")
        try:
            if number := request.POST.get("answer", ""):
                answer = self.one(desk.to_approve(user), number)
                if do == "yes":
                    sealed = request.POST.get("sealed", "")
                    if (sealed or answer.attachments) and sealed != pictures.seal(answer.attachments):
                        raise NotPossible("Its pictures were changed meanwhile. Look at it again.")
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
