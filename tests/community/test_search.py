"""Words are found in any language, as they stand, and follow every change of the text."""

import pytest

from community import search
from community.models import Conversation, Message
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
        ("STRASSE", set()),
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


def test_without_an_index_it_still_finds(texts, monkeypatch):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL always has its index")
    monkeypatch.setattr(search, "fts5", lambda: False)
    assert found("polling sta") == {"thread:1"}


def test_a_table_that_was_made_anew_gets_its_triggers_back(texts, store):
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("an index of PostgreSQL belongs to its table")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER community_message_words_new")
    search.ensure()
    store(told("9", "A tricycle", author="mara"))
    assert found("tricycle") == {"thread:9"}


def test_before_the_table_is_there_nothing_is_made(db, monkeypatch):
    from django.db import connection

    monkeypatch.setattr(connection.introspection, "table_names", lambda *a, **k: [])
    monkeypatch.setattr(search, "POSTGRES", "CREATE INDEX nothing ON no_such_table (text)")
    monkeypatch.setattr(search, "_ensure_sqlite", lambda: pytest.fail("there is no table"))
    search.ensure()
