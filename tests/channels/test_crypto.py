import io
import json

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command

from channels import crypto
from channels.crypto import CannotDecrypt, Sealed, is_newest, seal, unseal
from channels.models import Channel, Credential

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def keys(settings):
    settings.HUSTINGS_KEYS = [OLD]


@pytest.mark.unit
def test_seal_and_unseal():
    sealed = seal("secret", "table", 7, "field")

    assert "secret" not in sealed
    assert unseal(sealed, "table", "7", "field") == "secret"


@pytest.mark.unit
@pytest.mark.parametrize(
    "place", [("table", 8, "field"), ("table", 7, "other"), ("other", 7, "field"), ("table", 7)]
)
def test_sealed_text_is_refused_in_another_place(place):
    with pytest.raises(CannotDecrypt, match="another place"):
        unseal(seal("secret", "table", 7, "field"), *place)


@pytest.mark.unit
def test_unknown_key_is_refused(settings):
    sealed = seal("secret", "t")
    settings.HUSTINGS_KEYS = [NEW]

    with pytest.raises(CannotDecrypt):
        unseal(sealed, "t")


@pytest.mark.unit
def test_older_key_still_opens_and_the_newest_seals(settings):
    sealed = seal("secret", "t")
    settings.HUSTINGS_KEYS = [NEW, OLD]

    assert unseal(sealed, "t") == "secret"
    assert (is_newest(sealed), is_newest(seal("x", "t"))) == (False, True)


@pytest.mark.unit
@pytest.mark.parametrize("keys", [[], ["not a key"]])
def test_bad_ring_says_so(settings, keys):
    settings.HUSTINGS_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match="HUSTINGS_KEYS"):
        seal("secret", "t")


@pytest.fixture
def credential(campaign):
    channel = Channel.objects.create(campaign=campaign, platform="x", remote_id="1", handle="@a")
    return Credential.objects.create(channel=channel, access_token="very-secret", refresh_token="also-secret")


def raw(credential) -> dict:
    return Credential.objects.filter(pk=credential.pk).values("access_token", "refresh_token").get()


@pytest.mark.db
def test_column_is_sealed_and_reads_back(credential):
    stored = raw(credential)

    assert "very-secret" not in str(dict(stored))
    assert all(isinstance(value, Sealed) and value for value in stored.values())
    assert Credential.objects.get(pk=credential.pk).access_token == "very-secret"


@pytest.mark.db
def test_saving_an_untouched_row_keeps_the_sealed_text(credential):
    before = raw(credential)

    Credential.objects.get(pk=credential.pk).save()

    assert raw(credential) == before


@pytest.mark.db
def test_nothing_shows_a_secret(credential):
    loaded = Credential.objects.get(pk=credential.pk)

    shown = repr(loaded) + str(loaded) + repr(loaded.__dict__) + serializers.serialize("json", [loaded])

    assert "very-secret" not in shown
    json.loads(serializers.serialize("json", [loaded]))


@pytest.mark.db
def test_ciphertext_copied_to_another_row_or_column_is_refused(credential, campaign):
    other = Channel.objects.create(campaign=campaign, platform="x", remote_id="2", handle="@b")
    stolen = raw(credential)
    Credential.objects.create(channel=other)
    Credential.objects.filter(pk=other.pk).update(
        access_token=stolen["access_token"], refresh_token=stolen["access_token"]
    )
    Credential.objects.filter(pk=credential.pk).update(refresh_token=stolen["access_token"])

    with pytest.raises(CannotDecrypt):
        _ = Credential.objects.get(pk=other.pk).access_token
    with pytest.raises(CannotDecrypt):
        _ = Credential.objects.get(pk=credential.pk).refresh_token


@pytest.mark.db
def test_plain_text_cannot_slip_in_by_update_or_be_searched(credential):
    with pytest.raises(FieldError):
        Credential.objects.filter(pk=credential.pk).update(access_token="in the clear")
    with pytest.raises(FieldError):
        Credential.objects.filter(access_token="very-secret").exists()


@pytest.mark.db
def test_deferred_column_is_read_when_asked_for(credential):
    assert Credential.objects.defer("access_token").get(pk=credential.pk).access_token == "very-secret"


@pytest.mark.db
def test_rotate_keys(credential, settings):
    settings.HUSTINGS_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="2 not under"):
        call_command("rotate_keys", check=True, stdout=io.StringIO())

    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    call_command("rotate_keys", check=True, stdout=io.StringIO())
    settings.HUSTINGS_KEYS = [NEW]

    assert "Credential.access_token: 1 put under the newest key" in out.getvalue()
    assert Credential.objects.get(pk=credential.pk).access_token == "very-secret"


@pytest.mark.db
def test_rotate_keys_leaves_a_text_that_changed_meanwhile(credential, settings):
    field = Credential._meta.get_field("access_token")
    settings.HUSTINGS_KEYS = [NEW, OLD]
    old = str(raw(credential)["access_token"])
    Credential.objects.filter(pk=credential.pk).update(access_token=field.seal_for(credential.pk, "newer"))

    assert crypto._replace(field, credential.pk, old, "anything") == 0
    assert Credential.objects.get(pk=credential.pk).access_token == "newer"


@pytest.mark.db
def test_rotate_keys_names_what_no_key_opens(credential, settings):
    settings.HUSTINGS_KEYS = [NEW]

    with pytest.raises(CommandError, match="2 not under"):
        call_command("rotate_keys", stdout=io.StringIO(), stderr=io.StringIO())
