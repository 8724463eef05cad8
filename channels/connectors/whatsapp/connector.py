"""Sending: the file, the template that is looked at first, and one message to each person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from channels.connectors.abilities import Action, Media, Read
from channels.connectors.attached import Pictures
from channels.connectors.base import (
    METRICS,
    Context,
    Outcome,
    OutcomeKind,
    PublishedRef,
    Rate,
    Reading,
    Refused,
    Safety,
    StepKind,
    StepSpec,
    Trouble,
    TroubleKind,
    UnsupportedFeature,
)
from channels.connectors.meta import GRAPH, every
from channels.connectors.pieces import Sent, deadline_s
from channels.connectors.talk import Act
from channels.connectors.whatsapp.errors import MEANINGS
from channels.connectors.whatsapp.flow import PHONE_FIELDS, WhatsAppFlow, chat_url, facts_of
from channels.connectors.whatsapp.inbound import NO_MORE
from channels.connectors.whatsapp.places import PLACE, filled
from channels.connectors.whatsapp.talk import MAX_WITNESS, WhatsAppTalk
from channels.telephone import numbers
from channels.wire import Answer, AnswerLost

K = OutcomeKind
MOST_PEOPLE = 250  # of one message here: what a new number may write to first in 24 hours
UPLOAD_LIFE = timedelta(days=29)  # they live thirty days
KINDS = {"image": "image", "video": "video"}
UPLOAD = StepSpec("upload", StepKind.UPLOAD, Safety.PURE, stage=True)


class WhatsAppConnector(WhatsAppTalk):
    platform = "whatsapp"
    label = "WhatsApp"
    oauth = WhatsAppFlow()
    publishes = frozenset({"whatsapp.message"})
    version = GRAPH
    media = frozenset({Media.IMAGE, Media.VIDEO})
    reads = frozenset({Read.NUMBERS})
    hears = frozenset({Read.DIRECT})  # no call lists what people wrote
    acts = {Action.REPLY: Safety.BLIND}
    has_addresses = False
    # a picture takes no alt text there; the words are its caption
    attaches = {
        True: Pictures(
            "github.com/facebook/openapi, media messages, read 2026-11-23", max_bytes=5_000_000, words=1024
        )
    }
    # 80 a second is the rule; numbers that are also used in the phone's app have 20
    # of asking what became of messages no figure is published: politely
    rates = (Rate(20, 1.0), Rate(200, 3_600, of="reads"))
    mending = (
        "In the WhatsApp app a message can be deleted for everybody for some time; other programs cannot."
    )

    # Plan ---------------------------------------------------------------------------------------------------

    def plan(self, payload: Mapping[str, Any], channel: Any) -> list[StepSpec]:
        self.refuse_unknown(payload)
        if len(payload["parts"]) != 1:
            raise UnsupportedFeature(self.label, "a message of several parts")
        part = payload["parts"][0]
        media = part.get("media") or ()
        if len(media) > 1:
            raise UnsupportedFeature(self.label, "more than one picture or video in a message")
        if not part["text"]:
            raise UnsupportedFeature(self.label, "a message without text")
        if part.get("link") and part["link"] not in part["text"]:
            raise UnsupportedFeature(self.label, "a link beside the text")
        people, wrong = numbers(_asked(payload, "recipients"))
        if wrong:
            raise UnsupportedFeature(self.label, f"“{wrong[0]}” as a telephone number")
        if len(people) > MOST_PEOPLE:
            raise UnsupportedFeature(self.label, f"{len(people)} people at once; it takes {MOST_PEOPLE}")
        return list(_steps(bool(media), bool(_asked(payload, "template")), len(people)))

    def attach(self, act: Act) -> Sequence[StepSpec]:
        return [UPLOAD]

    # Carry out ----------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Context) -> Outcome:
        match step.key:
            case "upload":
                return self._upload(step, ctx)
            case "template":
                return self._template(ctx)
            case "people":
                return self._people(ctx)
        return self._to_person(step, ctx)

    def _upload(self, step: StepSpec, ctx: Context) -> Outcome:
        medium = ctx.parts()[0]["media"][0]
        path = ctx.open_media(medium)
        form = {"messaging_product": "whatsapp", "type": medium["mime"]}
        with Sent(path, ctx.renew) as file:
            answer = ctx.wire.post(
                self.graph(ctx, f"{ctx.channel.remote_id}/media"),
                form=form,
                files={"file": (path.name, file, medium["mime"])},
                total_s=deadline_s(path.stat().st_size),
            )
        if not answer.ok and (refused := self.classify(answer)).code.partition("/")[0] in TAKEN_THE_NEXT_TIME:
            return self.once_more(step, ctx, refused, redo=())
        ref = {"id": self.id_of(answer), "expires_at": (ctx.now + UPLOAD_LIFE).isoformat()}
        return Outcome(K.OK, remote_ref=ref)

    def _template(self, ctx: Context) -> Outcome:
        """The template must be approved, in the language, and say exactly what was approved here."""
        name, language = _asked(ctx.payload, "template"), template_language(ctx.payload)
        params = {"name": name, "fields": "name,language,status,components", "limit": 100}
        url = self.graph(ctx, f"{self.business(ctx)}/message_templates")
        listed = every(lambda after: self.data(ctx.wire.get(url, params={**params, **after})))
        own = [row for row in listed if row.get("name") == name]
        found = next((row for row in own if row.get("language") == language), None)
        if found is None:
            there = ", ".join(sorted(str(row.get("language")) for row in own)) or "none"
            return _no(
                "template", f"WhatsApp has no template “{name}” in “{language}”; its languages: {there}."
            )
        if found.get("status") != "APPROVED":
            return _no(
                "template", f"The template “{name}” is not approved: {str(found.get('status')).lower()}."
            )
        trouble = template_trouble(found.get("components") or (), ctx.parts()[0])
        if trouble:
            return _no("template", trouble)
        values = filled(body_of(found.get("components") or ()), ctx.parts()[0]["text"])
        return Outcome(K.OK, remote_ref={"name": name, "language": language, "values": values})

    def _people(self, ctx: Context) -> Outcome:
        """Whether anybody got it: one person who cannot be sent it takes it from nobody else."""
        if any(key.split()[0] in ("commit", "reply") for key in ctx.refs):  # without an id: a person's word
            return Outcome(K.OK)
        people, _ = numbers(_asked(ctx.payload, "recipients"))
        return _no(
            "nobody", f"None of the {len(people)} people is known to have got it. The reasons stand below."
        )

    def _to_person(self, step: StepSpec, ctx: Context) -> Outcome:
        """Send it to one person. What says no to this person alone says nothing against the others."""
        people, _ = numbers(_asked(ctx.payload, "recipients"))
        try:
            outcome = self._send(step, ctx)
        except Refused as refused:
            outcome = refused.outcome
        code = outcome.code.partition("/")[0]
        if outcome.kind is not K.CONTENT or code not in OF_ONE_PERSON:
            return outcome
        words = f"Number {step.data['person'] + 1} of the list: {outcome.message}"  # the record that stays names nobody
        out = people[step.data["person"]] if code == NO_MORE else ""
        return replace(outcome, message=words, spared=len(people) > 1, opted_out=out)

    def _send(self, step: StepSpec, ctx: Context) -> Outcome:
        people, _ = numbers(_asked(ctx.payload, "recipients"))
        if not people:
            return _no("nobody", "Nobody is named to send this to. Name them under “Options”.")
        most = (getattr(ctx.channel, "facts", None) or {}).get("people_a_day")
        if most and "template" in ctx.refs and len(people) > most:
            return _no(
                "limit", f"The number may write to {most} people a day first; this names {len(people)}."
            )
        to = people[step.data["person"]]
        if ctx.opted_out(to):
            return _no(OPTED_OUT, "They want no more messages from this number. Take them off the list.")
        body = message(ctx.parts()[0], to, ctx.refs)
        body["biz_opaque_callback_data"] = self.witness_of(step, ctx.payload)
        return self.sent(ctx.wire.post(self.graph(ctx, f"{ctx.channel.remote_id}/messages"), json=body))

    def witness_of(self, step: StepSpec, payload: Mapping[str, Any]) -> str:
        if step.kind is StepKind.ACT:
            return str(step.data.get("key") or "")[:MAX_WITNESS]
        if step.kind not in (StepKind.COMMIT, StepKind.REPLY):
            return ""
        people, _ = numbers(_asked(payload, "recipients"))
        person = step.data.get("person", 0)
        return witness(payload, people[person]) if person < len(people) else ""

    def sent(self, answer: Answer) -> Outcome:
        """Accepted, which is not delivered: that is told later."""
        rows = self.data(answer).get("messages") or [{}]
        wamid = str(rows[0].get("id") or "")
        if not wamid:
            raise AnswerLost("its answer could not be read", "unreadable")
        state = str(rows[0].get("message_status") or "accepted")
        return Outcome(
            K.OK,
            remote_ref={"id": wamid, "state": state},
            remote_id=wamid,
            http_status=answer.status,
            request_id=answer.request_id,
            body=answer.text,
        )

    def business(self, ctx: Context) -> str:
        return str((getattr(ctx.channel, "facts", None) or {}).get("business") or "")

    # Account and numbers ------------------------------------------------------------------------------------

    def account(self, ctx: Context) -> dict[str, Any]:
        phone = self.data(
            ctx.wire.get(self.graph(ctx, ctx.channel.remote_id), params={"fields": PHONE_FIELDS})
        )
        display = str(phone.get("display_phone_number") or ctx.channel.remote_id)
        return {
            "handle": display,
            "name": str(phone.get("verified_name") or ""),
            "url": chat_url(ctx.wire.network, display),
            "followers": None,
            "facts": facts_of(phone),
        }

    def told(self, channel: Any) -> list[str]:
        most, quality = channel.facts.get("people_a_day"), channel.facts.get("quality")
        found = [f"The number may write to {most:,} people first in 24 hours."] if most else []
        return [*found, f"WhatsApp calls the number's quality {quality.lower()}."] if quality else found

    def check(self, ctx: Context) -> list[str]:
        facts = self.account(ctx)["facts"]
        problems: list[str] = [
            Trouble(
                f"The permission “{scope}” is missing ({why}). Connect the number again.", TroubleKind.SCOPES
            )
            for scope, why in WhatsAppFlow.scopes.items()
            if scope not in ctx.channel.scopes
        ]
        if facts["status"] and facts["status"] != "CONNECTED":
            words = f"WhatsApp says of the number: {facts['status'].lower()}. Look into WhatsApp Manager."
            problems.append(Trouble(words))
        if facts["quality"] == "RED":
            problems.append(
                Trouble("Many people have blocked or reported the number; WhatsApp may restrict it.")
            )
        return problems

    def metrics(self, ctx: Context, publications: Sequence[PublishedRef]) -> list[Reading]:
        return [self._reading(ctx, publication) for publication in publications]

    def _reading(self, ctx: Context, publication: PublishedRef) -> Reading:
        """How many of the messages were read; people can switch that off, so it is the least there is."""
        nothing = dict.fromkeys(METRICS)
        told: dict[str, list[str]] = {}
        refused: dict[str, str] = {}
        problem = "WhatsApp tells nothing of these messages (any more)."
        for wamid in publication.parts or (publication.remote_id,):
            answer = ctx.wire.get(
                self.graph(ctx, f"{ctx.channel.remote_id}/message_history"), params={"message_id": wamid}
            )
            if not answer.ok and (outcome := self.classify(answer)).kind in {K.PERMISSION, K.CONTENT, K.BUSY}:
                refused[wamid], problem = answer.text, outcome.message
                if outcome.kind is K.PERMISSION:  # is said of all of them
                    told = {}
                    break
            elif states := _states(self.data(answer)):
                told[wamid] = states
        raw: dict[str, Any] = {"error": next(iter(refused.values()))} if refused else {}
        if not told:
            return Reading(publication.publication_id, nothing, raw, ctx.now, problem)
        read = sum(1 for states in told.values() if {"read", "played"} & set(states))
        raw |= {"states": told}
        numbers_of_it = nothing | {"views": read}
        return Reading(publication.publication_id, numbers_of_it, raw, ctx.now, missing=tuple(refused))

    # Answers ------------------------------------------------------------------------------------------------

    def _meaning(
        self, answer: Answer, error: Mapping[str, Any], code: int, subcode: int
    ) -> tuple[OutcomeKind, str]:
        if error and (found := MEANINGS.get(code)) and "code" in error:
            said = str((error.get("error_data") or {}).get("details") or "") if code in SAY_MORE else ""
            return found[0], f"{found[1]} {said}".strip()
        return super()._meaning(answer, error, code, subcode)

    def classify(self, answer: Answer) -> Outcome:
        outcome = super().classify(answer)
        found = MEANINGS.get(int(outcome.code.partition("/")[0] or 0)) if outcome.code[:1].isdigit() else None
        if found and found[2] is not None and outcome.kind is K.RATE:
            return Outcome(**{**outcome.__dict__, "retry_after_s": found[2]})
        return outcome


OPTED_OUT = "opted-out"
# What is said of the person and not of the message: the next person may well get it.
OF_ONE_PERSON = frozenset(
    {"130472", "131021", "131026", "131030", "131047", "131049", NO_MORE, "131062", "137000", OPTED_OUT}
)
TAKEN_THE_NEXT_TIME = frozenset({"131052", "131053"})  # of a file that is uploaded; of a message it is a no
SAY_MORE = frozenset(
    {131008, 131009, 132000, 132008, 132012, 132018, 135000}
)  # where WhatsApp's own words help


# Pure parts -------------------------------------------------------------------------------------------------


def _asked(payload: Mapping[str, Any], name: str) -> str:
    return str((payload.get("options") or {}).get(name) or "").strip()


def template_language(payload: Mapping[str, Any]) -> str:
    """The language code of the template: what was asked for, else the message's own ("en" or "en_GB")."""
    return _asked(payload, "template_language") or str(payload.get("language") or "en").replace("-", "_")


def _steps(media: bool, template: bool, people: int) -> list[StepSpec]:
    steps = []
    if media:
        steps.append(UPLOAD)
    if template:
        steps.append(StepSpec("template", StepKind.WAIT, Safety.PURE, stage=True))
    steps.append(StepSpec("commit", StepKind.COMMIT, Safety.BLIND, data={"person": 0}))
    for n in range(2, people + 1):
        data = {"person": n - 1}
        steps.append(StepSpec(f"reply {n}", StepKind.REPLY, Safety.BLIND, required=False, data=data))
    if people > 1:
        steps.append(StepSpec("people", StepKind.WAIT, Safety.PURE, data={"asks_nobody": True}))
    return steps


def message(part: Mapping[str, Any], to: str, refs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The body of one message: a template, a file with a caption, or a text."""
    media = part.get("media") or ()
    kind = KINDS[media[0]["kind"]] if media else "text"
    head = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to}
    if template := refs.get("template"):
        said: dict[str, Any] = {"name": template["name"], "language": {"code": template["language"]}}
        if media:
            shown = {"type": kind, kind: {"id": refs["upload"]["id"]}}
            said["components"] = [{"type": "header", "parameters": [shown]}]
        if template.get("values"):
            said.setdefault("components", []).append({"type": "body", "parameters": template["values"]})
        return head | {"type": "template", "template": said}
    if media:
        return head | {"type": kind, kind: {"id": refs["upload"]["id"], "caption": part["text"]}}
    text = {"body": part["text"], "preview_url": "http" in part["text"]}
    return head | {"type": "text", "text": text}


def body_of(components: Sequence[Mapping[str, Any]]) -> str:
    return next((str(c.get("text") or "") for c in components if str(c.get("type")).upper() == "BODY"), "")


def template_trouble(components: Sequence[Mapping[str, Any]], part: Mapping[str, Any]) -> str:
    """What keeps a template from saying exactly this part; "" when nothing does."""
    by_type = {str(c.get("type")).upper(): c for c in components}
    body = body_of(components)
    if PLACE.search(str(by_type.get("HEADER") or "") + str(by_type.get("BUTTONS") or "")):
        return "The template has places to fill in outside its text. Hustings fills those in its text only."
    if filled(body, part["text"]) is None:
        return "The template's text is not the text that was approved here. Make them the same."
    media = part.get("media") or ()
    wanted = KINDS[media[0]["kind"]].upper() if media else ""
    header = str((by_type.get("HEADER") or {}).get("format") or "").upper()
    if header != wanted:
        shown = {"": "no header", "TEXT": "a text header"}.get(header, f"a header with a {header.lower()}")
        return f"The template has {shown}; this message has {f'a {wanted.lower()}' if wanted else 'none'}."
    return ""


def witness(payload: Mapping[str, Any], to: str) -> str:
    """A word that comes back with what WhatsApp calls to us about this message. No number can be read from it."""
    what = "|".join(str(payload.get(key) or "") for key in ("variant", "planned_at", "format"))
    return hashlib.sha256(f"{what}|{to}|{payload['parts'][0]['text']}".encode()).hexdigest()[:40]


def _states(body: Mapping[str, Any]) -> list[str]:
    events = [e for row in body.get("data") or () for e in (row.get("events") or {}).get("data") or ()]
    return [str(event.get("delivery_status") or "").lower() for event in events]


def _no(code: str, words: str) -> Outcome:
    return Outcome(K.CONTENT, code=code, message=words)
