"""What every connector that reads and answers must do, over real HTTP against the sandbox."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.connectors.abilities import Action, Read
from channels.connectors.base import LookupKind, OutcomeKind, PublishedRef, Safety
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act, MessageKind, Wanted
from tests.channels.conftest import carry_out

pytestmark = pytest.mark.db  # no database, but a server


@pytest.fixture
def out(going_out):
    """A post that is out on a network whose comments can be read; None elsewhere."""
    if Read.COMMENTS not in going_out.connector.reads:
        return None
    return going_out.run()


def ref_of(drive) -> PublishedRef:
    commit = drive.outcomes["commit"].remote_id
    return PublishedRef("p1", commit, (commit,), drive.payload["format"], datetime.now(UTC))


@pytest.fixture
def spoken(out, say, platform, profile):
    """A comment of our own making under the post, and what reading says of it."""
    if out is None:
        return None
    text = f"{profile.CALLED(out.channel)}Is there parking? {uuid.uuid4().hex[:8]}"
    said = say(platform, text, post=profile.POST_ID(ref_of(out).remote_id))
    return next(message for message in read_all(out) if profile.MESSAGE_ID(message.remote_id) == said)


def read_all(drive, **more) -> list:
    found, cursor = [], ""
    for _ in range(30):
        page = drive.connector.read(
            Wanted(Read.COMMENTS, ref_of(drive), cursor=cursor, **more), drive.context()
        )
        assert page.problem == "", page
        found += page.found
        cursor = page.cursor
        if not cursor:
            return found
    raise AssertionError("the list never ends")


def answer(drive, message, text: str = "") -> Act:
    text = text or f"Yes, behind the mill. {uuid.uuid4().hex[:8]}"
    return Act.to(Action.REPLY, message, text=text, key=uuid.uuid4().hex)


def test_comments_come_in_one_shape(spoken, out, profile):
    if spoken is None:
        return
    assert spoken.kind is MessageKind.COMMENT
    assert spoken.text.startswith(f"{profile.CALLED(out.channel)}Is there parking?")
    assert spoken.at.tzinfo is not None
    assert abs(datetime.now(UTC) - spoken.at) < timedelta(minutes=1)
    assert (spoken.post_id, spoken.parent_id) == (ref_of(out).remote_id, "")
    assert spoken.author_id or spoken.author_handle
    assert not spoken.ours
    assert spoken.raw


def test_paging_tells_each_comment_once(spoken, out, say, platform, profile):
    if spoken is None:
        return
    post = profile.POST_ID(ref_of(out).remote_id)
    for n in range(24):
        say(
            platform,
            f"{profile.CALLED(out.channel)}more {n} {uuid.uuid4().hex[:6]}",
            post=post,
        )

    ids = [message.remote_id for message in read_all(out, limit=10)]

    assert len(ids) == len(set(ids)) >= 25
    assert spoken.remote_id in ids


def test_reply_stands_below_the_comment_and_is_ours(spoken, out, platform):
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    act = answer(out, spoken)

    outcome = carry_out(out.connector, act, out.context())

    assert outcome.ok, outcome
    assert outcome.remote_id
    lookup = out.connector.lookup(out.connector.step_of(act), out.context())
    if out.connector.acts[Action.REPLY] in {Safety.SEARCH, Safety.EXACT}:
        assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, outcome.remote_id)


def test_a_lost_answer_to_an_answer_never_becomes_two(spoken, out, fault, platform, profile):
    """Where the network knows one level of answers only, ours stands beside the one that it answers."""
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    connector = out.connector
    if connector.acts[Action.REPLY] not in {Safety.SEARCH, Safety.EXACT}:
        return
    assert carry_out(connector, answer(out, spoken), out.context()).ok
    first = next((m for m in read_all(out) if m.kind is MessageKind.REPLY and m.ours), None)
    if first is None:
        assert platform == "x"  # its search leaves out what we said ourselves
        return
    act = answer(out, first)
    fault(platform, profile.REPLY_CALL, "lost_answer")

    assert carry_out(connector, act, out.context()).kind is OutcomeKind.UNKNOWN

    lookup = connector.lookup(connector.step_of(act), out.context())
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True), lookup
    assert len([m for m in read_all(out) if m.ours and m.text.endswith(act.text)]) == 1


def test_words_that_the_network_changed_are_left_to_a_person(spoken, out):
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    connector, mark = out.connector, uuid.uuid4().hex
    if connector.acts[Action.REPLY] is not Safety.SEARCH:
        return
    changed = answer(out, spoken, f"It\u2019s behind the old mill, beside the lock and the boats. {mark}")
    assert carry_out(connector, changed, out.context()).ok
    ours = replace(changed, text=changed.text.replace("\u2019", "'"))

    lookup = connector.lookup(connector.step_of(ours), out.context())

    assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True), lookup
    assert lookup.seen


def test_a_lost_answer_to_a_reply_never_becomes_two(spoken, out, fault, platform, profile):
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    act, connector = answer(out, spoken), out.connector
    fault(platform, profile.REPLY_CALL, "lost_answer")

    assert carry_out(connector, act, out.context()).kind is OutcomeKind.UNKNOWN

    safety = connector.acts[Action.REPLY]
    if safety in {Safety.KEYED, Safety.PROBE}:
        assert carry_out(connector, act, out.context()).ok
    elif safety is not Safety.BLIND:
        lookup = connector.lookup(connector.step_of(act), out.context())
        assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True), lookup
    mine = [m for m in read_all(out) if m.ours and m.text.endswith(act.text)]
    assert len(mine) <= 1


def test_a_reply_that_never_arrived_is_absent(spoken, out, fault, platform, profile):
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    act, connector = answer(out, spoken), out.connector
    fault(platform, profile.REPLY_CALL, "5xx")

    assert carry_out(connector, act, out.context()).kind is OutcomeKind.UNKNOWN
    lookup = connector.lookup(connector.step_of(act), out.context())
    if connector.acts[Action.REPLY] is not Safety.BLIND:
        assert (lookup.kind, lookup.complete) == (LookupKind.ABSENT, True), lookup


TELL_NO_HIDING = frozenset({"x"})  # of a reply that it lists, nobody can see that it is hidden


def test_hiding_and_showing_again_may_be_repeated(spoken, out, platform):
    if spoken is None or Action.HIDE not in out.connector.can:
        return
    for action in (Action.HIDE, Action.HIDE, Action.UNHIDE, Action.UNHIDE):
        outcome = carry_out(out.connector, Act.to(action, spoken), out.context())
        assert outcome.ok, outcome
        told = {m.remote_id: m.hidden for m in read_all(out)}
        shown = None if platform in TELL_NO_HIDING else False
        assert told.get(spoken.remote_id, True) is (True if action is Action.HIDE else shown)


def test_deleting_a_comment_takes_it_away_and_twice_does_no_harm(spoken, out):
    if spoken is None or Action.DELETE_COMMENT not in out.connector.can:
        return
    act = Act.to(Action.DELETE_COMMENT, spoken)

    assert carry_out(out.connector, act, out.context()).ok
    assert carry_out(out.connector, act, out.context()).ok
    assert spoken.remote_id not in [m.remote_id for m in read_all(out)]


def test_our_answer_is_changed_and_deleted_where_the_class_says_so(spoken, out, ledger, platform):
    if spoken is None or Action.REPLY not in out.connector.can:
        return
    connector, act = out.connector, answer(out, spoken)
    remote_id = carry_out(connector, act, out.context()).remote_id
    said = replace(spoken, remote_id=remote_id, kind=MessageKind.REPLY, parent_id=spoken.remote_id, ours=True)

    def stands(text):
        """As it is read; X tells our own replies among our posts only."""
        told = [m.text for m in read_all(out) if m.remote_id == remote_id]
        return any(each.endswith(text) for each in told) or bool(ledger(platform, text))

    assert stands(act.text)
    if MessageKind.REPLY in connector.mends.get(Action.EDIT_POST, ()):
        text = f"No, before the mill. {uuid.uuid4().hex[:8]}"
        assert carry_out(connector, Act.to(Action.EDIT_POST, said, text=text), out.context()).ok
        assert (stands(text), stands(act.text)) == (True, False)
        act = replace(act, text=text)
    for action in {Action.DELETE_COMMENT, Action.DELETE_POST} & set(connector.mends):
        assert carry_out(connector, Act.to(action, said), out.context()).ok
        assert not stands(act.text)


def test_editing_a_post_changes_what_is_read(out, ledger, platform):
    if out is None or Action.EDIT_POST not in out.connector.can:
        return
    text = f"Corrected: 130 people {uuid.uuid4().hex}"

    outcome = carry_out(out.connector, Act(Action.EDIT_POST, ref_of(out).remote_id, text=text), out.context())

    assert outcome.ok, outcome
    (row,) = ledger(platform, text)
    assert row["remote_id"] == ref_of(out).remote_id


def test_an_act_on_what_is_gone_is_a_no_in_words(spoken, out, profile):
    if spoken is None:
        return
    for action in {Action.REPLY, Action.HIDE} & out.connector.can:
        act = Act(action, profile.GONE, text="Hello", kind=MessageKind.COMMENT, data=spoken.raw)
        outcome = carry_out(out.connector, act, out.context())
        assert outcome.kind in {OutcomeKind.CONTENT, OutcomeKind.BUSY, OutcomeKind.PERMISSION}, outcome
        assert outcome.message


def test_a_dead_token_is_told_and_nothing_is_raised(out):
    if out is None:
        return
    page = out.connector.read(Wanted(Read.COMMENTS, ref_of(out)), out.context(token="dead-token-123"))

    assert page.outcome.kind is OutcomeKind.AUTH
    assert page.problem
    assert not page.complete


@pytest.mark.parametrize("name", ["5xx", "garbled", "lost_answer"])
def test_trouble_while_reading_is_no_empty_list(out, fault, platform, name):
    if out is None:
        return
    fault(platform, "GET /", name, times=9)

    page = out.connector.read(Wanted(Read.COMMENTS, ref_of(out), cursor=""), out.context())

    assert not page.complete
    assert page.problem


def test_permalink_leads_somewhere(out):
    import httpx

    if out is None:
        return
    url = out.connector.permalink(ref_of(out).remote_id, out.context())

    assert httpx.get(url, follow_redirects=True, trust_env=False).status_code == 200


def tagged(connected, say, platform, text):
    """(connector, what calls take, the message) of a post of somebody else in which we are tagged."""
    from channels.service import context

    channel = connected(platform)[platform]
    said = say(platform, text, account=channel.remote_id, tag="yes", login="weir_watch")
    connector, ctx = CONNECTORS[platform], context(channel, worker="t", intent_at=datetime.now(UTC))
    page = connector.read(Wanted(Read.MENTIONS), ctx)
    assert page.complete
    (found,) = [message for message in page.found if message.text == text]
    assert (found.remote_id, found.kind) == (said, MessageKind.MENTION)
    return connector, ctx, found


def test_a_post_that_names_us_on_instagram_is_answered_and_a_lost_answer_is_asked_about(
    connected, say, fault
):
    text = f"With @Riverside.Council. At the mill {uuid.uuid4().hex[:8]}"
    connector, ctx, found = tagged(connected, say, "instagram", text)
    reply = Act.to(Action.REPLY, found, text="Glad you like it.", key="k")

    assert found.author_handle == "@weir_watch"
    assert connector.may_answer(found, ctx.now) == ""
    assert carry_out(connector, reply, ctx).remote_id

    fault("instagram", "/mentions", "lost_answer")
    assert carry_out(connector, reply, ctx).kind is OutcomeKind.UNKNOWN
    look = connector.lookup(connector.step_of(reply), ctx)
    assert (look.kind, look.complete) == (LookupKind.CANNOT, True)
    assert "Look there" in look.reason
    assert connector.read(Wanted(Read.COMMENTS, PublishedRef("p", "1", ("1",), "", ctx.now)), ctx).problem


@pytest.mark.db
def test_a_comment_that_names_us_under_a_post_of_others_is_read_back_and_answered(connected, say, on_sandbox):
    from channels.service import context

    channel = connected("instagram")["instagram"]
    text = f"Ask {channel.handle} {uuid.uuid4().hex[:8]}"
    comment = say("instagram", text, account=channel.remote_id, tag="comment", login="weir_watch")
    connector, ctx = CONNECTORS["instagram"], context(channel, worker="t")
    usual = connector.read(Wanted(Read.MENTIONS), ctx)
    assert comment not in {message.remote_id for message in usual.found}

    page = connector.read(Wanted(Read.MENTIONS, named=comment), ctx)

    assert page.outcome is None
    found = next(message for message in page.found if message.remote_id == comment)
    assert (found.text, found.kind, "/p/" in found.url) == (text, MessageKind.MENTION, True)
    assert connector.may_answer(found, datetime.now(UTC)) == ""
    assert carry_out(connector, Act.to(Action.REPLY, found, text="We are here."), ctx).ok
    other = carry_out(
        connector, Act.to(Action.REPLY, replace(found, raw={"mentions_us": True}), text="No."), ctx
    )
    assert not other.ok  # the comment's id alone, as if it were a post's, is not known
    assert connector.read(Wanted(Read.MENTIONS, named="18999"), ctx).outcome is None


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("instagram", "in the Instagram app"),
        ("facebook", "on Facebook as the page"),
        ("threads", "in the Threads app"),
        ("linkedin", "at LinkedIn"),
    ],
)
def test_where_we_are_only_tagged_it_is_read_and_answered_over_there(connected, say, platform, place):
    text = f"With @riverside.councillors at the mill {uuid.uuid4().hex[:8]}"
    connector, ctx, found = tagged(connected, say, platform, text)

    assert place in connector.may_answer(found, ctx.now)
    outcome = carry_out(connector, Act.to(Action.REPLY, found, text="Hello", key="k"), ctx)
    assert (outcome.kind, outcome.code) == (OutcomeKind.CONTENT, "mention")
    assert place in outcome.message


def test_the_stand_in_refuses_what_instagram_refuses_under_a_tag(connected, say):
    connector, ctx, found = tagged(connected, say, "instagram", f"At the mill {uuid.uuid4().hex[:8]}")
    ours = replace(found, raw={"mentions_us": True})

    outcome = carry_out(connector, Act.to(Action.REPLY, ours, text="Hello", key="k"), ctx)

    assert outcome.kind is OutcomeKind.PERMISSION


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("Thanks @riverside.council!", True),
        ("@RIVERSIDE.COUNCIL", True),
        ("Thanks @riverside.council.", True),
        ("@riverside.council.news", False),
        ("@riverside.councillor", False),
        ("mail@riverside.council", False),
        ("riverside.council", False),
        ("", False),
    ],
)
def test_whether_a_caption_has_our_name(caption, named):
    from channels.connectors.instagram_mentions import names

    assert names(caption, "@riverside.council") is named


def test_comments_under_a_reel_are_read_answered_hidden_and_deleted(drive, clip):
    """A reel is known by the id of its video, its comments by that of its post."""
    tag = uuid.uuid4().hex
    payload = {"schema": 1, "format": "facebook.reel", "platform": "facebook", "language": "en"}
    reel = drive(payload | {"parts": [{"text": f"Reel {tag}", "link": "", "media": [clip]}]}).run()
    video, connector = ref_of(reel).remote_id, reel.connector
    under = carry_out(connector, Act(Action.REPLY, video, f"First {tag}", key="a"), reel.context())
    assert under.ok, under

    (first,) = [message for message in read_all(reel) if message.text == f"First {tag}"]
    replied = carry_out(connector, answer(reel, first, f"Below {tag}"), reel.context())
    hidden = carry_out(connector, Act.to(Action.HIDE, first), reel.context())
    below = next(message for message in read_all(reel) if message.remote_id == replied.remote_id)
    gone = carry_out(connector, Act.to(Action.DELETE_COMMENT, first), reel.context())

    assert (first.remote_id, first.post_id, first.ours) == (under.remote_id, video, True)
    assert (below.parent_id, below.text) == (first.remote_id, f"Below {tag}")
    assert hidden.ok
    assert gone.ok
    assert first.remote_id not in [message.remote_id for message in read_all(reel)]


# Direct messages --------------------------------------------------------------------------------------------------


@pytest.fixture
def written(going_out, say, platform):
    """A direct message, as it is read; None where that is not offered."""
    if Read.DIRECT not in going_out.connector.reads:
        return None
    login = f"p{uuid.uuid4().hex[:8]}"
    remote_id = say(
        platform, "May I ask something?", account=going_out.channel.remote_id, login=login, name="Pia"
    )
    page = going_out.connector.read(Wanted(Read.DIRECT), going_out.context())
    assert page.problem == ""
    return next(message for message in page.found if message.remote_id == remote_id)


def test_direct_messages_can_be_answered(written, going_out):
    if written is None:
        return
    assert (written.kind, written.text, written.ours) == (MessageKind.DIRECT, "May I ask something?", False)
    assert written.author_id
    assert going_out.connector.may_answer(written, datetime.now(UTC)) == ""

    outcome = carry_out(going_out.connector, answer(going_out, written), going_out.context())

    assert outcome.ok, outcome
    page = going_out.connector.read(Wanted(Read.DIRECT), going_out.context())
    if going_out.connector.acts[Action.REPLY] is not Safety.BLIND:
        mine = [m for m in page.found if m.ours and m.conversation_id == written.conversation_id]
        assert [m.remote_id for m in mine] == [outcome.remote_id]


def test_a_lost_answer_to_a_direct_message_is_found_in_the_conversation(
    written, going_out, fault, platform, profile
):
    if written is None:
        return
    act, connector = answer(going_out, written), going_out.connector
    fault(platform, profile.DIRECT_CALL, "lost_answer")

    assert carry_out(connector, act, going_out.context()).kind is OutcomeKind.UNKNOWN
    lookup = connector.lookup(connector.step_of(act), going_out.context())
    if connector.acts[Action.REPLY] is Safety.BLIND:
        assert (lookup.kind, lookup.complete) == (LookupKind.CANNOT, True)
    else:
        assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True), lookup


def begin(connector, message, text: str = "") -> Act:
    """A private message to somebody who has only written a comment."""
    text = (
        text or f"May we write to you here, {' '.join(uuid.uuid4().hex[n : n + 6] for n in range(0, 30, 6))}?"
    )
    act = Act.to(Action.REPLY, message, text=text, key=uuid.uuid4().hex)
    return replace(act, kind=MessageKind.DIRECT, data={**message.raw, **connector.begins.data})


def test_a_private_conversation_is_begun_where_the_class_says_so(spoken, out):
    if spoken is None or out.connector.begins is None:
        return
    connector, act = out.connector, begin(out.connector, spoken)
    assert connector.may_begin(spoken, out.channel, datetime.now(UTC)) == ""

    outcome = carry_out(connector, act, out.context())

    assert outcome.ok, outcome
    assert outcome.remote_id
    lookup = connector.lookup(connector.step_of(act), out.context())
    assert (lookup.kind, lookup.remote_id) == (LookupKind.FOUND, outcome.remote_id), lookup
    assert act.text not in [
        m.text for m in read_all(out) if m.kind is not MessageKind.DIRECT and not m.raw.get("visibility")
    ]
    again = carry_out(connector, begin(connector, spoken), out.context())
    assert again.ok is not connector.begins.once
    if connector.begins.days is not None:
        late = datetime.now(UTC) + timedelta(days=connector.begins.days)
        assert f"within {connector.begins.days} days" in connector.may_begin(spoken, out.channel, late)


def test_a_lost_answer_to_a_private_beginning_is_found_with_its_person_only(
    spoken, out, say, fault, platform, profile
):
    """Two people get the same words; of one of them the answer is lost."""
    if spoken is None or out.connector.begins is None or Read.DIRECT not in out.connector.reads:
        return
    connector, post = out.connector, profile.POST_ID(ref_of(out).remote_id)
    words = f"{profile.CALLED(out.channel)}Me too {uuid.uuid4().hex[:8]}"
    said = say(platform, words, post=post, login="otto.other", name="Otto Other")
    other = next(m for m in read_all(out) if profile.MESSAGE_ID(m.remote_id) == said)
    act = begin(connector, spoken)
    same = begin(connector, other, act.text)
    assert carry_out(connector, same, out.context()).ok
    assert connector.lookup(connector.step_of(act), out.context()).kind is LookupKind.ABSENT
    fault(platform, profile.DIRECT_CALL, "lost_answer")

    assert carry_out(connector, act, out.context()).kind is OutcomeKind.UNKNOWN

    lookup = connector.lookup(connector.step_of(act), out.context())
    assert (lookup.kind, lookup.complete) == (LookupKind.FOUND, True), lookup
    assert lookup.remote_id != connector.lookup(connector.step_of(same), out.context()).remote_id
    refused = carry_out(connector, act, out.context())  # a repeat is refused, so that none is ever doubled
    assert refused.kind is OutcomeKind.CONTENT, refused
    assert refused.message


def test_who_was_begun_with_writes_back_in_the_same_conversation(spoken, out, say, platform):
    if spoken is None or out.connector.begins is None or Read.DIRECT not in out.connector.reads:
        return
    connector, act = out.connector, begin(out.connector, spoken)
    sent = carry_out(connector, act, out.context()).remote_id
    person = spoken.author_handle.lstrip("@") if platform == "instagram" else spoken.author_id
    back = say(platform, "At the mill", account=out.channel.remote_id, login=person, name=spoken.author_name)

    page = connector.read(Wanted(Read.DIRECT), out.context())

    told = {m.remote_id: m for m in page.found}
    assert told[sent].conversation_id == told[back].conversation_id
    assert (told[sent].ours, told[back].ours) == (True, False)
    assert carry_out(connector, answer(out, told[back]), out.context()).ok


def test_who_is_blocked_says_nothing_more_until_unblocked(spoken, out, say, platform, profile):
    if spoken is None or Action.BLOCK not in out.connector.can:
        return
    connector, login = out.connector, spoken.author_handle.lstrip("@").partition("@")[0] or spoken.author_id
    if platform == "facebook":
        login = spoken.author_id  # the stand-in's people are known by it
    post = profile.POST_ID(ref_of(out).remote_id)
    for _ in range(2):
        outcome = carry_out(connector, Act.to(Action.BLOCK, spoken), out.context())
        assert outcome.ok, outcome
    with pytest.raises(Exception, match="403"):
        say(platform, "Me again", post=post, login=login)
    say(platform, "Somebody else", post=post, login="otto_other")
    for _ in range(2):
        assert carry_out(connector, Act.to(Action.UNBLOCK, spoken), out.context()).ok
    say(platform, "Me again", post=post, login=login)
    nobody = carry_out(connector, replace(Act.to(Action.BLOCK, spoken), person_id="77"), out.context())
    assert nobody.kind is OutcomeKind.CONTENT, nobody
