"""Keys that run out, are refreshed by many, are lost on the way, cannot be read, or must not be seen."""

import json
import logging
import threading

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models

from channels import tokens
from channels.crypto import CannotDecrypt
from channels.models import Channel, Credential
from channels.wire import AnswerLost
from tests.faults import lab as net
from tests.faults.world import DUE, START, s
from work.models import Notice

pytestmark = pytest.mark.db

CANARY = "canary-7d1f4b-do-not-sing"


def ends(world, at):
    """The access token lasts until then; the network and we agree on it."""
    world.lab.tokens["access-0"] = at
    Credential.objects.update(token_expires_at=at)


# Running out ----------------------------------------------------------------------------------------------------


def test_token_that_ends_between_staging_and_the_due_time_is_renewed(world):
    world.connector.shape.upload = True
    ends(world, DUE - s(60))
    publication = world.publication("one")

    world.finish(publication)

    assert publication.state == "published"
    assert world.lab.refreshes == 1
    assert world.lab.stood()[0].at == DUE


def test_token_that_the_network_ends_early_is_renewed_on_its_refusal(world):
    publication = world.publication("one")
    world.lab.tokens["access-0"] = DUE - s(1)  # we believe that it has no end

    world.finish(publication)

    assert publication.state == "published"
    assert [call.token for call in world.lab.made("POST /post")] == ["access-0", "access-1"]


def test_token_that_is_refused_in_the_middle_of_a_thread_repeats_no_part(world):
    publication = world.publication("one", "two", "three")
    world.lab.next("POST /post", net.refusal(401, "token"), skip=1)

    world.finish(publication)

    assert world.lab.texts() == ["one", "two", "three"]
    assert publication.state == "published"


def test_access_that_was_revoked_asks_for_a_reconnect_and_warns(world):
    first, second = world.publication("one"), world.publication("two", due=DUE + s(600))
    world.lab.tokens, world.lab.refresh_tokens = {"other": None, "access-0": START}, set()

    world.go_on()

    first.refresh_from_db()
    second.refresh_from_db()
    assert [(p.state, p.reason) for p in (first, second)] == [("attention", "reconnect")] * 2
    assert world.lab.texts() == []
    assert Channel.objects.get().state == "reconnect"
    assert Notice.objects.filter(kind="reconnect", user=world.manager).count() == 1


# Refreshing -----------------------------------------------------------------------------------------------------


def test_twenty_workers_that_want_a_new_token_refresh_once(committed_world):
    world = committed_world
    ends(world, START + s(30))
    start, got = threading.Barrier(20), []

    def want(number):
        try:
            start.wait(20)
            got.append(tokens.fresh_token(Channel.objects.get(), worker=f"w{number}"))
        finally:
            connection.close()

    threads = [threading.Thread(target=want, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert got == ["access-1"] * 20
    assert world.lab.refreshes == 1


class Killed(BaseException):
    """Nothing of ours catches it: as good as kill -9 inside one process."""


@pytest.mark.parametrize("single_use", [False, True])
def test_killed_between_the_refreshs_answer_and_its_commit(world, monkeypatch, single_use):
    """A network that takes the old refresh token again gives a new pair; one that does not needs a person."""
    world.lab.single_use = single_use
    ends(world, DUE + s(60))
    publication = world.publication("one")
    stored, first = tokens._store, []

    def die_once(*args):
        if not first:
            first.append(1)
            raise Killed
        return stored(*args)

    monkeypatch.setattr(tokens, "_store", die_once)
    with pytest.raises(Killed):
        world.step(publication, to=DUE)
    assert world.lab.refreshes == 1
    assert Credential.objects.get().refresh_began_at is not None  # the intent tells

    world.finish(publication)

    if single_use:
        assert (publication.state, publication.reason) == ("attention", "reconnect")
        assert Notice.objects.filter(kind="reconnect").exists()
        assert world.lab.texts() == []
    else:
        assert publication.state == "published"
        assert world.lab.refreshes == 2


@pytest.mark.parametrize("fault", [net.SILENT, net.LOST, net.status(502), net.HTML])
def test_lost_refresh_is_repeated_once_and_then_left_to_a_person(world, fault):
    ends(world, DUE + s(60))
    publication = world.publication("one")
    world.lab.next("POST /token", fault, times=9)

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "reconnect")
    assert len(world.lab.made("POST /token")) == 2
    assert world.lab.texts() == []


def test_refresh_that_was_never_sent_may_be_tried_again_and_again(world, monkeypatch):
    ends(world, DUE + s(60))
    publication = world.publication("one")
    real, tries = tokens.CONNECTORS["lab"].oauth.refresh, []

    def refuse_thrice(**kwargs):
        tries.append(1)
        if len(tries) <= 3:
            raise tokens.NotSent("no connection", "ConnectError")
        return real(**kwargs)

    monkeypatch.setattr(
        type(tokens.CONNECTORS["lab"].oauth), "refresh", lambda self, **kw: refuse_thrice(**kw)
    )

    assert world.finish(publication).state == "published"


def test_new_pair_is_in_the_database_before_it_is_used(world):
    ends(world, DUE + s(60))
    publication = world.publication("one")
    world.lab.next("POST /post", net.LOST.undone())
    world.step(publication, to=DUE)

    stored = Credential.objects.get()
    seen = [call.token for call in world.lab.made("POST /post")]
    assert seen == [stored.access_token] == ["access-1"]
    assert stored.refresh_token == "refresh-1"
    assert stored.version == 1
    world.finish(publication)


# Keys of ours ---------------------------------------------------------------------------------------------------


def test_key_that_is_missing_asks_and_sends_nothing(world, settings):
    publication = world.publication("one")
    settings.HUSTINGS_KEYS = [Fernet.generate_key().decode()]

    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "reconnect")
    assert "HUSTINGS_KEYS" in publication.detail
    assert world.lab.calls == []


def test_keys_half_rotated_still_open_everything(world, settings):
    """Rotation was stopped between two rows: the ring holds both keys, and both rows work."""
    other = Channel.objects.create(
        campaign=world.campaign, platform="lab", remote_id="2", handle="@mill", scopes=["post"]
    )
    Credential.objects.create(channel=other, access_token="access-0", refresh_token="refresh-0")
    old = list(settings.HUSTINGS_KEYS)
    settings.HUSTINGS_KEYS = [Fernet.generate_key().decode(), *old]
    Credential.objects.get(channel=other).save()  # untouched: stays under the old key
    half = Credential.objects.get(channel=world.channel)
    half.access_token, half.refresh_token = half.access_token, half.refresh_token
    half.save()  # under the new key

    assert tokens.fresh_token(world.channel, worker="w") == "access-0"
    assert tokens.fresh_token(other, worker="w") == "access-0"

    settings.HUSTINGS_KEYS = settings.HUSTINGS_KEYS[:1]  # the old key was thrown away too early
    assert tokens.fresh_token(world.channel, worker="w") == "access-0"
    with pytest.raises(tokens.ReconnectNeeded):
        tokens.fresh_token(other, worker="w")
    assert Channel.objects.get(pk=other.pk).state == "reconnect"
    with pytest.raises((CommandError, SystemExit)):
        call_command("rotate_keys")


def test_ciphertext_swapped_between_two_rows_is_refused(world):
    other = Channel.objects.create(campaign=world.campaign, platform="lab", remote_id="2", handle="@mill")
    Credential.objects.create(channel=other, access_token="theirs", refresh_token="")
    publication = world.publication("one")
    sealed = Credential.objects.filter(channel=other).values_list("access_token", flat=True).get()
    Credential.objects.filter(channel=world.channel).update(access_token=sealed)

    with pytest.raises(CannotDecrypt):
        _ = Credential.objects.get(channel=world.channel).access_token
    world.finish(publication)

    assert (publication.state, publication.reason) == ("attention", "reconnect")
    assert world.lab.calls == []


# The canary -----------------------------------------------------------------------------------------------------

ECHOES = {
    "in a refusal": net.refusal(422, "text", f"access_token={CANARY} may not say this"),
    "bare in a refusal": net.refusal(422, "text", f"Key {CANARY} may not say this"),
    "in a broken page": net.status(502, body=f"<p>Authorization: Bearer {CANARY}</p>".encode()),
    "in cut JSON": net.status(201, body=f'{{"access_token": "{CANARY}", "x'.encode()),
    "in a redirect": net.status(307, done=False, Location=f"http://127.0.0.1:9/?access_token={CANARY}"),
    "in a success": net.status(201, body=f'{{"id": "p-1", "url": "u", "t": "{CANARY}"}}'.encode()),
    "in a refused token": net.refusal(401, "token", f"{CANARY} is not valid"),
    "in a rate limit": net.refusal(429, "slow-down", f"{CANARY} is too fast", Retry_After="5"),
    "in a suspension": net.refusal(403, "suspended", f"{CANARY} is suspended"),
}


def texts_in_the_database():
    """Every text and JSON value of every row, as the database holds it."""
    for model in apps.get_models():
        fields = [
            f.attname
            for f in model._meta.concrete_fields
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
        ]
        if fields:
            for row in model._base_manager.values_list(*fields):
                yield from ((model._meta.label, str(value)) for value in row if value)


@pytest.mark.parametrize("where", ECHOES)
def test_canary_is_never_written_down(world, caplog, where):
    caplog.set_level(logging.DEBUG)
    Credential.objects.get().delete()
    Credential.objects.create(channel=world.channel, access_token=CANARY, refresh_token=f"{CANARY}-r")
    world.lab.tokens[CANARY] = None
    world.lab.refresh_tokens.add(f"{CANARY}-r")
    publication = world.publication("one")
    world.lab.next("POST /post", ECHOES[where], times=1 if where == "in a refused token" else 3)

    world.finish(publication)

    assert world.lab.made("POST /post")[0].token == CANARY  # it was in use
    found = [(label, text) for label, text in texts_in_the_database() if CANARY in text]
    assert found == []
    assert CANARY not in caplog.text
    assert all(CANARY not in repr(obj) for obj in (publication, Credential.objects.get(), world.channel))
    world.checks = where != "in a success"  # this one names an id that does not exist


@pytest.mark.parametrize("words", ["refresh_token={}-r is dead", "The key {}-r is dead"])
def test_canary_in_the_refreshs_answer_and_error_is_never_written_down(world, caplog, words):
    caplog.set_level(logging.DEBUG)
    Credential.objects.get().delete()
    Credential.objects.create(
        channel=world.channel, access_token=CANARY, refresh_token=f"{CANARY}-r", token_expires_at=START
    )
    publication = world.publication("one")
    said = json.dumps({"error": {"code": "invalid_grant", "message": words.format(CANARY)}})
    world.lab.next("POST /token", net.status(400, body=said.encode()), times=9)

    world.finish(publication)

    assert publication.reason == "reconnect"
    assert [found for found in texts_in_the_database() if CANARY in found[1]] == []
    assert CANARY not in caplog.text


def test_exception_on_the_wire_does_not_carry_the_token(world):
    from channels.wire import Wire

    world.lab.next("GET /me", net.LOST)

    with pytest.raises(AnswerLost) as caught:
        Wire("lab", token=CANARY).get(f"{world.lab.base}/me")

    error = caught.value
    while error is not None:
        assert CANARY not in f"{error!r} {error}"
        error = error.__cause__
