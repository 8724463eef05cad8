"""Words are found in any language, however they were typed, alike in both databases, and follow every change of the text."""

import importlib
import unicodedata
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from community import search
from community.models import Contact, Conversation, Message
from tests.community.conftest import told


def found(words):
    return set(Conversation.objects.filter(search.matching(words)).values_list("key", flat=True))


@pytest.fixture
def texts(store):
    store(
        told("1", "Where is my polling station?", author="mara"),
        told("2", "Wo ist mein Wahllokal in Köln?", author="jon"),
        told("4", "Die Straße ist gesperrt", author="ben"),
        told("3", "أين مركز الاقتراع الخاص بي؟", author="ana"),
    )


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("polling station", {"thread:1"}),
        ("station polling", {"thread:1"}),
        ("poll", {"thread:1"}),
        ("POLLING sta", {"thread:1"}),
        ("wahllokal", {"thread:2"}),
        ("الاقتراع", {"thread:3"}),
        ("@mara", {"thread:1"}),
        ("polling wahllokal", set()),
        ("Straße", {"thread:4"}),
        ("STRASSE", {"thread:4"}),
        ("straß", {"thread:4"}),
        ("nothing", set()),
        ('"; DROP TABLE community_message; --', set()),
        ("' | & ! ( ) : * \\ \x00", set()),
    ],
)
def test_words_are_found(texts, words, keys):
    assert found(words) == keys


def test_search_follows_changes(texts, store):
    store(told("1", "Where is my bus stop?", author="mara"))
    assert (found("polling"), found("bus stop")) == (set(), {"thread:1"})
    Message.objects.filter(remote_id="2").delete()
    assert found("wahllokal") == set()


NFD = unicodedata.normalize("NFD", "Köln, Łódź, Đà Nẵng, Ёлка")
SAID = [
    # What was said; what finds it; what does not
    (
        "Wo ist mein Wahllokal in Köln?",
        ["Köln", "köln", "KOLN", "Ko\u0308ln", "wahllokal koln", "wahl"],
        ["Kölsch"],
    ),
    (NFD, ["Köln", "koln", "łódź", "lodz", "da nang", "Đà", "ёлка", "елка"], ["nangg"]),
    ("Die Straße ist gesperrt", ["STRASSE", "straße", "stras"], ["trasse"]),
    (
        "橋はいつ通れますか。投票所はどこですか",
        ["投票所", "投票", "票所", "票", "どこですか", "投票所 橋"],
        ["投所", "所票", "とこ"],
    ),
    ("バス停で", ["バス停", "ﾊﾞｽ停", "ハ\u3099ス"], ["ハス"]),
    ("我的投票站在哪里？", ["投票站", "哪里", "站"], ["站投", "投站"]),
    ("หน่วยเลือกตั้งของฉันอยู่ที่ไหน น้ำ", ["เลือกตั้ง", "ของฉัน", "ที่ไหน", "น้ำ", "น้\u0e4d\u0e32"], ["ตั้งเลือก"]),
    ("मेरा मतदान केंद्र कहाँ है?", ["मतदान केंद्र", "केंद्र", "मत", "कहाँ"], ["केद्र", "मतदन"]),
    ("क़लम", ["क\u093cलम", "\u0958लम"], ["कलम"]),
    ("أين مركز الاقتراع الخاص بي؟", ["الاقتراع", "اين", "مَرْكَز", "مــركز", "أين مركز"], ["قتراع"]),
    ("می\u200cخواهم رأی بدهم", ["می\u200cخواهم", "رای"], []),
    ("שָׁלוֹם לכולם", ["שלום", "שָׁלוֹם"], ["שלם"]),
    ("투표소에서 만나요", ["투표소", "투표소 만나요", "표소에"], ["투소"]),
    ("Ο δρόμος προς την κάλπη", ["ΔΡΟΜΟΣ", "καλπη", "κάλπη"], ["δρομο κ"]),
    ("İstanbul’da ışık", ["istanbul", "ISTANBUL", "işik"], ["stanbul"]),
    ("ＡＢＣ and ﬁnance, Wahl\u00adurne", ["abc", "finance", "Wahlurne"], ["inance"]),
    ("don't @mara_k #bridge", ["don't", "mara_k", "#bridge", "bri"], ["ridge"]),
]


@pytest.mark.parametrize("few", [search.FEW, 0], ids=["rare", "frequent"])
@pytest.mark.parametrize(("said", "finds", "misses"), SAID)
def test_every_script_is_found(store, monkeypatch, said, finds, misses, few):
    monkeypatch.setattr(search, "FEW", few)
    store(told("1", said), told("2", "Something else: 他の, อื่น, अन्य"))

    assert {asked: found(asked) for asked in finds} == {asked: {"thread:1"} for asked in finds}
    assert {asked: found(asked) for asked in misses} == {asked: set() for asked in misses}


HOSTILE = [
    "\x00", "a\x00b", "'", '"', "''", '"a', "a' OR '1'='1", "a':*", "a & b | !c", "a <-> b", "(", "a)", "*", "a*b", "^a",
    "-a", "a NEAR b", "NEAR(a b)", "words: a", "NOT a", "AND", "%", "_", "\\", "a\\' b", "\ud800", "\ud83d\ude00", "\u202e",
    "'; DROP TABLE community_message; --", "a" * 100_000, "a " * 50_000, "票" * 100_000, "\u0301" * 100_000, "ﷺ" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("few", [search.FEW, 0], ids=["rare", "frequent"])
def test_hostile_words_are_only_words(texts, monkeypatch, few):
    monkeypatch.setattr(search, "FEW", few)
    everything = {"thread:1", "thread:2", "thread:3", "thread:4"}
    assert all(found(asked) <= everything for asked in HOSTILE)
    assert found("%") == found("_") == found("*") == found("' OR '1'='1") == found("\\") == set()
    assert found("wahllokal") == {"thread:2"}


def test_hostile_texts_are_found(store):
    store(*(told(f"h{n}", f"{text} findme{n}") for n, text in enumerate(HOSTILE)))
    for n, text in enumerate(HOSTILE):
        if len(text) < 1_000:
            assert f"thread:h{n}" in found(f"findme{n}")


def test_people_are_found_by_their_names(store):
    store(told("1", author="mara", author_name="Zoë Müller-Łukasz", author_handle="@zoe.m@town.example"))
    store(told("2", author="ben"))

    for asked in ("zoe", "ZOË", "muller lukasz", "@zoe.m@town.example", "town"):
        assert found(asked) == {"thread:1"}
    assert found("zoe ben") == set()


def test_what_is_forgotten_is_found_no_more(texts):
    assert found("wahllokal") == found("jon") == {"thread:2"}
    Message.objects.filter(remote_id="2").update(text="", earlier=[])
    Contact.objects.filter(remote_id="jon").update(name="", handle="")

    assert found("wahllokal") == found("jon") == set()
    assert Message.objects.get(remote_id="2").words == Contact.objects.get(remote_id="jon").words == ""


class TestWordsFollow:
    """Every way of writing a row."""

    def test_saving_one_field(self, texts):
        row = Message.objects.get(remote_id="2")
        row.text = "Tricycle"
        row.save(update_fields=["text"])
        assert (found("tricycle"), found("wahllokal")) == ({"thread:2"}, set())

    def test_many_at_once(self, texts):
        rows = list(Message.objects.filter(remote_id__in=["1", "2"]))
        for row in rows:
            row.text = f"Tricycle {row.remote_id}"
        Message.objects.bulk_update(rows, ["text"])
        assert found("tricycle") == {"thread:1", "thread:2"}

    def test_one_of_two_fields(self, texts):
        Contact.objects.filter(remote_id="jon").update(handle="@tricycle")
        assert found("tricycle") == found("jon") == {"thread:2"}

    def test_another_field_leaves_them(self, texts):
        Message.objects.filter(remote_id="2").update(hidden=True)
        assert found("wahllokal") == {"thread:2"}


def test_rebuilding_mends_what_is_stale_in_pieces(texts, monkeypatch, capsys):
    Message.objects.update(words=" stale ")
    Contact.objects.filter(remote_id="jon").update(words="")
    assert found("wahllokal") == set()
    monkeypatch.setattr(search, "BATCH", 3)

    assert list(search.rebuild()) == [3, 1, 1, 0]
    assert found("wahllokal") == found("jon") == {"thread:2"}
    connection.check_constraints()  # a test is one transaction: what it still has to look at would be in the way of an index
    call_command("rebuild_search")
    assert "0 rows" in capsys.readouterr().out


def test_rebuilding_overwrites_nothing_newer(texts, monkeypatch):
    """Somebody changes the text between reading and writing."""
    rows = Message.objects.filter(remote_id="2")
    Message.objects.update(words="")
    from community.models import findable

    def meanwhile(row):
        Message.objects.filter(pk=row.pk).exclude(text="Tricycle").update(text="Tricycle")
        return real(row)

    real = findable.words_of
    monkeypatch.setattr(findable, "words_of", meanwhile)
    rows.keep_words()
    assert found("tricycle") == {"thread:2"}


def test_what_was_there_before_gets_its_words(texts, monkeypatch):
    Message.objects.update(words="")
    Contact.objects.update(words="")
    Conversation.objects.filter(key="thread:2").update(language="pt-BR")
    migration = importlib.import_module("community.migrations.0014_words")
    monkeypatch.setattr(migration, "BATCH", 3)

    migration.fill(apps, None)
    migration.main_languages(apps, None)

    assert found("wahllokal") == found("jon") == {"thread:2"}
    assert Conversation.objects.get(key="thread:2").language == "pt"


def test_without_an_index_it_still_finds(texts, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL always has its index")
    monkeypatch.setattr(search, "fts5", lambda: False)
    assert found("polling sta") == {"thread:1"}
    assert found("station poll") == {"thread:1"}
    assert found("olling") == set()


def test_a_table_that_was_made_anew_gets_its_triggers_back(texts, store):
    if connection.vendor != "sqlite":
        pytest.skip("an index of PostgreSQL belongs to its table")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER community_message_finding_new")
    search.ensure()
    store(told("9", "A tricycle", author="mara"))
    assert found("tricycle") == {"thread:9"}


def test_what_an_earlier_release_kept_is_taken_away(texts, store):
    if connection.vendor != "sqlite":
        pytest.skip("there it is one index, dropped by its name")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIRTUAL TABLE community_message_words USING fts5(text, content='community_message', content_rowid='id')"
        )
        cursor.execute(
            "CREATE TRIGGER community_message_words_new AFTER INSERT ON community_message BEGIN "
            "INSERT INTO community_message_words(rowid, text) VALUES (new.id, new.text); END"
        )
    search.ensure()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'community_message_words%'")
        assert cursor.fetchone() == (0,)
    store(told("9", "A tricycle", author="mara"))
    assert found("tricycle") == {"thread:9"}


def test_on_the_way_back_nothing_holds_the_column(texts):
    if connection.vendor != "sqlite":
        pytest.skip("an index of PostgreSQL goes with its column")
    migration = importlib.import_module("community.migrations.0014_words")
    with connection.cursor() as cursor:
        migration.forget(apps, SimpleNamespace(connection=connection, execute=cursor.execute))
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'community_%_finding%'")
        assert cursor.fetchone() == (0,)
    search.ensure()
    assert found("wahllokal") == {"thread:2"}


def test_before_the_table_is_there_nothing_is_made(db, monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", lambda *a, **k: [])
    for name in ("_ensure_sqlite", "_ensure_postgresql"):
        monkeypatch.setattr(search, name, lambda table: pytest.fail("there is no table"))
    search.ensure()


def test_postgresql_uses_its_index(texts):
    if connection.vendor != "postgresql":
        pytest.skip("FTS5 has no other way")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM community_message WHERE {search.VECTOR} @@ 'polling'::tsquery LIMIT 10"
        )
        assert "community_message_finding" in "".join(line for (line,) in cursor.fetchall())
