"""What process tests do inside the application: a process with Django in it, one JSON line per call and answer.

``Stack.call("approve", …)`` runs a function of this module there. Unlike ``manage.py shell`` it starts once, so a call
takes milliseconds, and :func:`run_apart` can fork a worker for one publication that is then killed or frozen.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import sys
import time
import traceback
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import config  # noqa: F401  (sets the import path)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def serve() -> None:
    import django

    django.setup()
    from django.db import connections

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints goes to the log
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": globals()[asked["call"]](**asked["with"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        finally:
            connections.close_all()  # the database may be restarted, copied or cut off between two calls
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def shell(code: str) -> str:
    """What ``code`` prints, run with every model at hand as in ``manage.py shell``."""
    from django.core.management.commands.shell import Command

    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(code, Command().get_namespace(verbosity=0))
    return said.getvalue()


# People, channels, posts ------------------------------------------------------------------------------------
def prepare(platforms: list[str], remote_ids: dict[str, str] | None = None, slug: str = "river") -> dict:
    """A campaign with a manager and a connected sandbox account of each network."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from wagtail.models import Page

    from access.models import CampaignRole
    from channels.sample import connect_all

    root = Page.objects.filter(depth=1).first()
    campaign = root.add_child(title=slug.title(), slug=f"{slug}-{uuid.uuid4().hex[:6]}")
    user = get_user_model().objects.create_user(f"ada-{campaign.pk}", "ada@example.org", None)
    group = Group.objects.create(name=f"{slug} {campaign.pk}")
    CampaignRole.objects.create(group=group, campaign_id=campaign.pk, role="manager")
    user.groups.add(group)
    wanted = {platform: (remote_ids or {}).get(platform, "") for platform in platforms}
    channels = connect_all(campaign, by=user, platforms=wanted)
    return {"campaign": campaign.pk, "user": user.pk, "channels": {c.platform: c.pk for c in channels}}


FORMATS = {
    "x": "x.thread",
    "mastodon": "mastodon.thread",
    "facebook": "facebook.post",
    "instagram": "instagram.carousel",
}


def approve(
    town: dict,
    texts: list[str],
    platform: str = "x",
    delay: float = 0,
    pictures: int = 0,
    stage_s: float | None = None,
) -> str:
    """Freeze exactly these texts for a channel, due ``delay`` seconds from now; returns the publication's id."""
    from django.contrib.auth import get_user_model

    from channels.models import Channel
    from formats.models import Variant
    from publishing.domain.approve import freeze
    from publishing.models import Publication
    from work import clock

    channel = Channel.objects.get(pk=town["channels"][platform])
    user = get_user_model().objects.get(pk=town["user"])
    variant = Variant.objects.create(
        story_id=town["campaign"], campaign_id=town["campaign"], format=FORMATS[platform], owner=user
    )
    due = clock.now() + timedelta(seconds=delay)
    payload = {
        "schema": 1,
        "variant": variant.pk,
        "format": variant.format,
        "platform": platform,
        "language": "en",
        "planned_at": due.isoformat(),
        "wall_time": "",
        "zone": "UTC",
        "fold": 0,
        "channels": [
            {
                "id": channel.pk,
                "platform": platform,
                "remote_id": channel.remote_id,
                "handle": channel.handle,
            }
        ],
        "parts": [
            {"text": text, "link": "", "media": [picture() for _ in range(pictures)]} for text in texts
        ],
    }
    publication = freeze(variant, payload, by=user).publications.get()
    if stage_s is not None:
        Publication.objects.filter(pk=publication.pk).update(
            stage_at=due - timedelta(seconds=stage_s), next_action_at=due - timedelta(seconds=stage_s)
        )
    return str(publication.pk)


def approve_many(town: dict, posts: list[dict]) -> list[str]:
    return [approve(town, **post) for post in posts]


def picture() -> dict:
    """One more picture that nobody has seen yet, in the media folder."""
    from django.conf import settings
    from PIL import Image

    colour = tuple(os.urandom(3))
    name = f"renders/{uuid.uuid4().hex}.jpg"
    file = Path(settings.MEDIA_ROOT) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (640, 640), colour)
    for n in range(16):
        image.putpixel((n * 40, 320), tuple(os.urandom(3)))
    image.save(file, quality=80)
    data = file.read_bytes()
    return {
        "kind": "image",
        "role": "picture",
        "file": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "mime": "image/jpeg",
        "bytes": len(data),
        "width": 640,
        "height": 640,
        "duration_s": None,
        "alt": "A plain colour",
        "cover": None,
        "captions": None,
    }


# Looking ----------------------------------------------------------------------------------------------------
def states(pks: list[str] | None = None) -> dict[str, dict]:
    """What is known of publications (of all of them without ``pks``)."""
    from publishing.models import Publication

    rows = Publication.objects.all() if pks is None else Publication.objects.filter(pk__in=pks)
    names = ("state", "reason", "detail", "due_at", "started_at", "lateness_ms", "next_action_at", "fence")
    names += ("lease_owner", "lease_until", "intent_open", "parts_out", "remote_id", "last_error", "tries")
    return {str(row["pk"]): row for row in rows.values("pk", *names)}


def attempts(pk: str) -> list[dict]:
    from publishing.models import Attempt

    rows = Attempt.objects.filter(step__publication_id=pk).order_by("intent_at", "pk")
    names = ("step__key", "n", "outcome", "kind", "code", "intent_at", "bytes_started_at", "worker")
    return list(rows.values(*names))


def events(pk: str) -> list[str]:
    from publishing.models import Event

    return list(Event.objects.filter(publication_id=pk).order_by("seq").values_list("kind", flat=True))


def story(pk: str) -> list[str]:
    """Its events in full, for the words of a failing test."""
    from publishing.models import Event

    rows = Event.objects.filter(publication_id=pk).order_by("seq")
    return [f"{row.at:%H:%M:%S.%f} {row.kind} {row.data}" for row in rows]


def mails() -> list[dict]:
    from work.models import Outbox

    return list(Outbox.objects.order_by("pk").values("kind", "subject", "body", "user_id", "bundle"))


def notices(kind: str) -> list[dict]:
    from work.models import Notice

    return list(Notice.objects.filter(kind=kind).order_by("pk").values("subject", "lines", "user_id"))


def workers() -> list[dict]:
    from work.models import Worker

    return list(Worker.objects.order_by("pk").values("name", "seen_at", "skew_s", "stopped_at"))


def history(ledger: list[dict], settled: bool = True) -> list[str]:
    """What is wrong between the networks' ledger and the database; empty when the promise was kept."""
    from tests.faults import history as books
    from work import clock

    return books.problems(books.from_sandbox(ledger), at=clock.now(), settled=settled)


def broken_chains() -> list[str]:
    from publishing.domain import log
    from publishing.models import Publication

    return [
        str(pk) for pk in Publication.objects.values_list("pk", flat=True) if log.broken_at(pk) is not None
    ]


# Time and rows ----------------------------------------------------------------------------------------------
def shift(pks: list[str], seconds: float) -> None:
    """As if so many seconds had passed without anybody working: the rows' times move into the past."""
    from django.db.models import F

    from publishing.models import Attempt, Publication

    by = timedelta(seconds=seconds)
    tried = Attempt.objects.filter(step__publication__in=pks)
    tried.update(
        intent_at=F("intent_at") - by,
        lease_until=F("lease_until") - by,
        bytes_started_at=F("bytes_started_at") - by,
        ended_at=F("ended_at") - by,
    )
    rows = Publication.objects.filter(pk__in=pks)
    rows.update(due_at=F("due_at") - by, stage_at=F("stage_at") - by, next_action_at=F("next_action_at") - by)


def nudge(pk: str, times: int = 1, source: str = "publication") -> None:
    """Publish nudges as a ticker does."""
    from config.celery import app

    for _ in range(times):
        app.send_task(
            "work.run_due", kwargs={"source": source, "id": pk}, queue="default", expires=60, retry=True
        )


def foreign_messages() -> None:
    """What no worker of ours can use: an unknown task, other arguments, other formats, another language."""
    from config.celery import app

    app.send_task("somebody.elses_task", kwargs={"x": 1}, queue="default", retry=True)
    app.send_task("work.run_due", args=["too", "many", "things"], queue="default", retry=True)
    app.send_task(
        "work.run_due", kwargs={"source": "publication", "id": "no uuid"}, queue="default", retry=True
    )
    app.send_task("work.run_due", kwargs={"source": 7, "id": None}, queue="default", retry=True)
    with app.producer_pool.acquire() as producer:
        forms = {
            "application/json": "{",
            "application/x-python-serialize": "gASVBAAAAA==",
            "text/plain": "hello",
        }
        for kind, body in forms.items():
            producer.publish(
                body,
                content_type=kind,
                content_encoding="utf-8",
                routing_key="default",
                exchange="",
                retry=True,
            )


def job_row(name: str) -> int:
    """A periodic job's row that only a newer version of the code knows."""
    from work import clock
    from work.models import PeriodicJob

    return PeriodicJob.objects.create(name=name, every_s=60, next_action_at=clock.now()).pk


# Workers of one publication ---------------------------------------------------------------------------------
def fork_apart() -> int:
    """``os.fork`` into a process group of its own, which is there before either side goes on.

    Both sides set it: one that only the child made could not yet be signalled by whoever was just told its number.
    """
    child = os.fork()
    with contextlib.suppress(ProcessLookupError):
        os.setpgid(child, child or os.getpid())
    return child


def run_apart(pk: str, failpoints: str = "") -> int:
    """Fork a process that claims and runs this one publication; returns its process id at once."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    sys.stderr.flush()
    if child := fork_apart():
        return child
    code = 0
    try:
        from work import failpoints as points
        from work import worker

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        points.arm(failpoints)
        worker.name.cache_clear()
        worker.run_one("publication", pk)
    except BaseException:
        code = 1
        with contextlib.suppress(OSError):
            traceback.print_exc()
    finally:
        os._exit(code)


def fork_worker() -> int:
    """Fork a whole worker: what ``manage.py run_worker`` starts, without the seconds of loading."""
    from django.db import connections

    connections.close_all()
    sys.stderr.flush()
    if child := fork_apart():
        return child
    code = 1
    try:
        os.close(0)
        from django.core.management import call_command

        from work import worker

        worker.name.cache_clear()
        call_command("run_worker")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


_ended: dict[int, str] = {}


def became(child: int, seconds: float = 30) -> str:
    """What a forked process came to: ``ended 0``, ``killed 9``, ``stopped``; ``running`` when time is up."""
    deadline = time.monotonic() + seconds
    while child not in _ended:
        found, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if found and os.WIFSTOPPED(status):
            return "stopped"
        if found:
            _ended[child] = (
                f"killed {os.WTERMSIG(status)}"
                if os.WIFSIGNALED(status)
                else f"ended {os.WEXITSTATUS(status)}"
            )
        elif time.monotonic() > deadline:
            return "running"
        else:
            time.sleep(0.01)
    return _ended[child]


def prefer(pk: str, rounds: int = 60) -> dict[str, Any]:
    """Run a publication here, in small rounds, until only its public call is left to do."""
    from publishing.models import Publication
    from work import worker

    for _ in range(rounds):
        row = Publication.objects.get(pk=pk)
        if row.next_action_at is None or row.next_action_at >= row.due_at:
            break
        worker.run_one("publication", pk)
        time.sleep(0.1)
    return states([pk])[pk]


# Conversations ----------------------------------------------------------------------------------------------
def hear(town: dict, post: str, begins: str, wanted: int) -> list[int]:
    """Read what people say under a post that is out, until ``wanted`` conversations that begin so are known; sorted."""
    from community import pull
    from community.models import Conversation, Pull
    from work import clock, worker

    pull.ensure()
    rows = Pull.objects.filter(publication=post)
    for _ in range(30):
        rows.update(next_action_at=clock.now())
        for pk in rows.values_list("pk", flat=True):
            worker.run_one("conversations", str(pk))
        talks = Conversation.objects.filter(publication=post, snippet__startswith=begins)
        if talks.count() >= wanted:
            break
        time.sleep(0.2)
    return list(talks.order_by("snippet").values_list("pk", flat=True))


def answer(town: dict, conversation: int, text: str) -> str:
    """Answer a conversation as the town's person; returns the publication's id. The same text is the same form."""
    from django.contrib.auth import get_user_model

    from community import desk
    from community.models import Conversation

    user = get_user_model().objects.get(pk=town["user"])
    row = Conversation.objects.get(pk=conversation)
    form = hashlib.sha256(text.encode()).hexdigest()[:32]
    return str(desk.send(user, desk.draft_answer(user, row, text, form_key=form)).publication_id)


def moderate(town: dict, conversation: int, action: str) -> dict[str, Any]:
    """Do something to the first message of a conversation under the policy: the act, and its publication's id."""
    from django.contrib.auth import get_user_model

    from community import desk
    from community.models import Conversation

    user = get_user_model().objects.get(pk=town["user"])
    message = Conversation.objects.get(pk=conversation).messages.order_by("at", "pk").first()
    act = desk.moderate(user, message, action, category="spam", note="Sells followers, again and again")
    return {"act": act.pk, "publication": str(act.publication_id)}


def take_back(town: dict, act: int) -> str:
    """Undo an act; returns the publication's id of the undoing."""
    from django.contrib.auth import get_user_model

    from community import desk
    from community.models import Act

    user = get_user_model().objects.get(pk=town["user"])
    return str(desk.undo(user, Act.objects.get(pk=act)).publication_id)


def moderated(conversation: int) -> dict[str, Any]:
    """How the first message of a conversation stands here, how its network shows it, and what became of the acts."""
    from channels.connectors.abilities import Read
    from channels.connectors.base import PublishedRef
    from channels.connectors.registry import CONNECTORS
    from channels.connectors.talk import Wanted
    from channels.service import context
    from community.models import Act, Conversation

    talk = Conversation.objects.select_related("channel").get(pk=conversation)
    message = talk.messages.order_by("at", "pk").first()
    post = PublishedRef("p", message.post_id, (message.post_id,), "", message.at)
    page = CONNECTORS[talk.channel.platform].read(
        Wanted(Read.COMMENTS, post), context(talk.channel, worker="t")
    )
    shown = {each.remote_id: each.hidden for each in page.found}
    return {
        "here": "gone" if message.deleted_at else "hidden" if message.hidden else "shown",
        "there": "hidden"
        if shown.get(message.remote_id)
        else "shown"
        if message.remote_id in shown
        else "gone",
        "acts": [act.outcome for act in Act.objects.filter(conversation=talk).order_by("pk")],
    }


def said_by_us(conversation: int) -> list[str]:
    from community.models import Message

    return list(
        Message.objects.filter(conversation=conversation, direction="out").values_list("text", flat=True)
    )


# Renders ----------------------------------------------------------------------------------------------------
def ask_render(plan: dict) -> str:
    """Ask for a medium; returns the key of its render."""
    from media import cache

    return cache.request(plan, campaign=1).key


def render_row(key: str) -> dict[str, Any]:
    from media.models import Render

    names = ("state", "progress", "file", "sha256", "error", "fence", "lease_owner")
    return Render.objects.values(*names).get(key=key)


def bury() -> int:
    """Let the dead workers' silence be long enough already; returns how many workers that are."""
    from work import clock
    from work.models import Worker

    return Worker.objects.update(seen_at=clock.now() - timedelta(minutes=1))


if __name__ == "__main__":
    serve()
