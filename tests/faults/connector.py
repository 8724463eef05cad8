"""The connector of the lab network: every safety class, every kind of step, over the one wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channels.connectors.abilities import Action
from channels.connectors.base import (
    Connector,
    Lookup,
    LookupKind,
    Outcome,
    OutcomeKind,
    PublishedRef,
    Reading,
    Refused,
    Safety,
    StepKind,
    StepSpec,
)
from channels.connectors.talk import Act
from channels.oauth import Flow, Grant
from channels.wire import Answer, AnswerLost
from work import clock

K = OutcomeKind
PIECE = 4
REFUSALS = {
    401: K.AUTH,
    403: K.PERMISSION,
    409: K.DUPLICATE,
    429: K.RATE,
}


class LabFlow(Flow):
    platform = "lab"
    label = "Lab"
    scopes = {"post": "publish"}

    @property
    def authorize_url(self) -> str:
        return self.network["api"] + "/authorize"

    @property
    def token_url(self) -> str:
        return self.network["api"] + "/token"

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        raise NotImplementedError

    def accounts(self, grant: Grant) -> list[Any]:
        raise NotImplementedError

    def refresh(self, *, access_token: str, refresh_token: str, remote_id: str) -> Grant:
        answer = self.wire().post(self.token_url, form={"refresh_token": refresh_token}, scheme="")
        body = self.read(answer)
        ends = clock.now() + timedelta(seconds=float(body["expires_in"]))
        return Grant(body["access_token"], body["refresh_token"], ends)


@dataclass
class Shape:
    """What the network's way of posting is made of."""

    safety: Safety = Safety.SEARCH
    upload: bool = False
    container: bool = False
    comment: bool = False
    verify: bool = False
    can_list: bool = True
    handle_s: float | None = None  # so long a container's handle lasts


class LabConnector(Connector):
    platform = "lab"
    label = "Lab"
    oauth = LabFlow()

    def __init__(self, shape: Shape | None = None):
        self.shape = shape or Shape()

    def plan(self, payload: Any, channel: Any) -> list[StepSpec]:
        shape, pure = self.shape, {"safety": Safety.PURE, "stage": True}
        steps = []
        if shape.upload:
            steps.append(StepSpec("upload", StepKind.UPLOAD, **pure))
        if shape.container or shape.safety is Safety.EXACT:
            steps.append(StepSpec("container", StepKind.CONTAINER, **pure))
            steps.append(StepSpec("wait", StepKind.WAIT, **pure))
        for number in range(len(payload["parts"])):
            first = number == 0
            key, kind = ("commit", StepKind.COMMIT) if first else (f"reply {number + 1}", StepKind.REPLY)
            steps.append(StepSpec(key, kind, self._safety(number), data={"part": number}))
        steps += self.comment_steps(payload)
        if shape.verify:
            steps.append(StepSpec("verify", StepKind.VERIFY, Safety.PURE, required=False))
        return steps

    @property
    def acts(self) -> dict[Action, Safety]:
        safety = Safety.BLIND if self.shape.safety is Safety.BLIND else Safety.SEARCH
        return {Action.COMMENT: safety} if self.shape.comment else {}

    def _safety(self, number: int) -> Safety:
        """Only the first part goes through a container; the further ones of such a network are searched for."""
        return Safety.SEARCH if self.shape.safety is Safety.EXACT and number else self.shape.safety

    # Carry out ------------------------------------------------------------------------------------------

    def perform(self, step: StepSpec, ctx: Any) -> Outcome:
        work = {
            "upload": self._upload,
            "container": self._container,
            "wait": self._wait,
            "verify": self._verify,
        }
        return work.get(step.key, self._post)(step, ctx)

    def _upload(self, step: StepSpec, ctx: Any) -> Outcome:
        data = ctx.open_media(ctx.parts()[0]["media"][0]).read_bytes()
        name = self._data(ctx.wire.post(ctx.wire.url("api", "/files")))["id"]
        for offset in range(0, len(data), PIECE):
            ctx.renew()
            url = ctx.wire.url("api", f"/files/{name}")
            piece = data[offset : offset + PIECE]
            self._data(ctx.wire.put(url, params={"offset": offset}, content=piece))
        return Outcome(K.OK, {"id": name})

    def _container(self, step: StepSpec, ctx: Any) -> Outcome:
        body = {"text": ctx.parts()[0]["text"], "files": self._files(ctx)}
        made = self._data(ctx.wire.post(ctx.wire.url("api", "/containers"), json=body))
        ref = {"id": made["id"]}
        if self.shape.handle_s is not None:
            ref["expires_at"] = (ctx.now + timedelta(seconds=self.shape.handle_s)).isoformat()
        return Outcome(K.OK, ref)

    def _wait(self, step: StepSpec, ctx: Any) -> Outcome:
        state = self._state(ctx)["state"]
        if state == "pending":
            return Outcome(K.BUSY, retry_after_s=5, message="Lab is still preparing it.")
        if state == "expired":
            return Outcome(K.BUSY, retry_after_s=1, message="It has run out.", redo=("container", "wait"))
        if state == "failed":
            return Outcome(K.CONTENT, message="Lab could not prepare it.")
        return Outcome(K.OK, {"id": ctx.refs["container"]["id"]})

    def _state(self, ctx: Any) -> dict[str, Any]:
        name = ctx.refs["container"]["id"]
        return self._data(ctx.wire.get(ctx.wire.url("api", f"/containers/{name}")))

    def _files(self, ctx: Any) -> list[str]:
        return [ctx.refs["upload"]["id"]] if "upload" in ctx.refs else []

    def act(self, act: Act, ctx: Any) -> Outcome:
        body = {"text": act.text, "parent": act.remote_id}
        answer = ctx.wire.post(ctx.wire.url("api", "/post"), json=body)
        return self._out(self._data(answer), answer)

    def find(self, act: Act, ctx: Any) -> Lookup:
        if not self.shape.can_list or self.shape.safety is Safety.BLIND:
            return super().find(act, ctx)
        return self._find(act.text, act.remote_id, ctx)

    def _said(self, step: StepSpec, ctx: Any) -> str:
        return ctx.parts()[step.data["part"]]["text"]

    def _above(self, step: StepSpec, ctx: Any) -> str:
        if step.key == "commit":
            return ""
        number = step.data["part"]
        return ctx.refs["commit" if number == 1 else f"reply {number}"]["id"]

    def _post(self, step: StepSpec, ctx: Any) -> Outcome:
        body = {"text": self._said(step, ctx), "parent": self._above(step, ctx)}
        if step.key == "commit":
            body |= {"files": self._files(ctx), "container": ctx.refs.get("container", {}).get("id", "")}
        if step.safety is Safety.KEYED:
            body["key"] = step.data["client_key"]
        answer = ctx.wire.post(ctx.wire.url("api", "/post"), json=body)
        if answer.status == 409 and step.safety is Safety.PROBE and self._is_ours(answer, ctx):
            return self._out(answer.data, answer)
        return self._out(self._data(answer), answer)

    def _is_ours(self, answer: Answer, ctx: Any) -> bool:
        made_at = answer.data.get("created_at")
        return bool(made_at) and datetime.fromisoformat(made_at) >= ctx.intent_at - timedelta(seconds=60)

    def _out(self, post: dict[str, Any], answer: Answer) -> Outcome:
        return Outcome(
            K.OK, {"id": post["id"]}, post["id"], post["url"], http_status=answer.status, body=answer.text
        )

    def _verify(self, step: StepSpec, ctx: Any) -> Outcome:
        post = self._data(ctx.wire.get(ctx.wire.url("api", f"/posts/{ctx.refs['commit']['id']}")))
        return Outcome(K.OK, {"id": post["id"]}, post["id"], post["url"])

    # Look -----------------------------------------------------------------------------------------------

    def search(self, step: StepSpec, ctx: Any) -> Lookup:
        if not self.shape.can_list or step.safety is Safety.BLIND:
            return super().search(step, ctx)
        if step.safety is Safety.EXACT and (found := self._ask_container(ctx)):
            return found
        return self._find(self._said(step, ctx), self._above(step, ctx), ctx)

    def _find(self, text: str, parent: str, ctx: Any) -> Lookup:
        posts, complete = self._listed(ctx, ctx.intent_at - timedelta(seconds=60))
        near = [p for p in posts if p["parent"] == parent]
        match = [p for p in near if " ".join(p["text"].split()) == " ".join(text.split())]
        if len(match) == 1:
            post = match[0]
            return Lookup(LookupKind.FOUND, post["id"], post["url"], True, {"id": post["id"]}, tuple(match))
        if match:
            why = f"Lab has {len(match)} posts with this text."
            return Lookup(LookupKind.CANNOT, complete=True, seen=tuple(match), reason=why)
        return self.nothing_found(text, near, lambda p: p["text"], complete=complete)

    def _ask_container(self, ctx: Any) -> Lookup | None:
        state = self._state(ctx)
        if state["state"] == "published":
            name = state["post"]
            url = f"{ctx.wire.network['api']}/shown/{name}"
            return Lookup(LookupKind.FOUND, name, url, True, {"id": name})
        if state["state"] == "ready":
            return Lookup(LookupKind.ABSENT, complete=True)
        return None  # "error" may be said of what is out: look at the list

    def _listed(self, ctx: Any, since: datetime) -> tuple[list[dict[str, Any]], bool]:
        posts: list[dict[str, Any]] = []
        params: dict[str, Any] = {"since": since.isoformat()}
        for _ in range(4):
            body = self._data(ctx.wire.get(ctx.wire.url("api", "/posts"), params=params), needs="posts")
            posts += body["posts"]
            if body.get("next") is None:
                return posts, True
            params["page"] = body["next"]
        return posts, False

    # The account ----------------------------------------------------------------------------------------

    def account(self, ctx: Any) -> dict[str, Any]:
        me = self._data(ctx.wire.get(ctx.wire.url("api", "/me")))
        return {"handle": me["handle"], "name": "River", "url": "", "followers": None, "facts": {}}

    def check(self, ctx: Any) -> list[str]:
        self.account(ctx)
        return []

    def metrics(self, ctx: Any, publications: Any) -> list[Reading]:
        found = self._data(ctx.wire.get(ctx.wire.url("api", "/numbers")), needs="numbers")["numbers"]
        return [self._reading(p, found.get(p.remote_id), ctx.now) for p in publications]

    def _reading(self, publication: PublishedRef, row: Any, at: datetime) -> Reading:
        return Reading(publication.publication_id, {"likes": (row or {}).get("likes")}, row or {}, at)

    # Answers --------------------------------------------------------------------------------------------

    def classify(self, answer: Answer) -> Outcome:
        kind = REFUSALS.get(answer.status, K.CONTENT)
        if answer.data.get("error") == "busy":
            kind = K.BUSY
        elif answer.ok or answer.status >= 500:
            kind = K.UNKNOWN
        elif answer.status < 400:
            kind = K.BUG
        return Outcome(
            kind,
            retry_after_s=answer.retry_after_s if kind in (K.RATE, K.BUSY) else None,
            code=str(answer.data.get("error") or answer.status),
            message=str(answer.data.get("message") or f"Lab answered {answer.status}."),
            http_status=answer.status,
            body=answer.text,
        )

    def _data(self, answer: Answer, needs: str = "id") -> dict[str, Any]:
        state_or_id = needs in answer.data or (needs == "id" and "state" in answer.data)
        if not answer.ok:
            raise Refused(self.classify(answer))
        if not state_or_id:
            raise AnswerLost("its answer could not be read", "unreadable")
        return answer.data
