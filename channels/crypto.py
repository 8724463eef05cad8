"""Secrets at rest: a text column that only its own row can read.

The key ring is ``settings.HUSTINGS_KEYS`` (newest first; apart from SECRET_KEY and from the database). The
encrypted text carries table, row and column and is held against them on reading, so that a ciphertext copied
to another row or column is refused. The row's key must therefore be known before it is saved.

What this does not do: hide the length of a secret, or protect a running process that may read the keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models


class CannotDecrypt(Exception):
    """No key in the ring opens the text, or it belongs to another row. Reconnecting the account mends it."""


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("HUSTINGS_KEYS is empty; it needs at least one Fernet key")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured("HUSTINGS_KEYS holds something that is not a Fernet key") from error


def ring() -> MultiFernet:
    return _ring(tuple(settings.HUSTINGS_KEYS))


def seal(text: str, *place: Any) -> str:
    """Encrypt a text so that only ``unseal`` with the same place reads it."""
    return ring().encrypt(json.dumps([[str(p) for p in place], text]).encode()).decode()


def unseal(sealed: str, *place: Any, ttl_s: int | None = None) -> str:
    """Read what ``seal`` made; raises CannotDecrypt. ``ttl_s``: refuse what is older."""
    try:
        found, text = json.loads(ring().decrypt(sealed.encode(), ttl=ttl_s))
    except InvalidToken:
        raise CannotDecrypt("no key in HUSTINGS_KEYS opens it") from None
    if found != [str(p) for p in place]:
        raise CannotDecrypt("it belongs to another place")
    return text


def is_newest(sealed: str) -> bool:
    """Whether the newest key made it."""
    try:
        _ring((settings.HUSTINGS_KEYS[0],)).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


class Sealed(str):
    """A text as it lies in the database. Never a secret in the clear."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


class _Reader:
    """Opens the text only when asked, so that a row can be loaded, shown and logged without its secrets."""

    def __init__(self, field: EncryptedTextField):
        self.field = field

    def __get__(self, instance: models.Model | None, owner: Any = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        value = instance.__dict__[self.field.attname]
        return unseal(value, *self.field.place(instance.pk)) if isinstance(value, Sealed) and value else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """A text that is sealed with its table, row and column. Cannot be searched; ``update()`` takes
    ``seal_for``.
    """

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Reader(self))

    def place(self, pk: Any) -> tuple[str, Any, str]:
        return self.model._meta.db_table, pk, self.column

    def seal_for(self, pk: Any, text: str) -> Sealed:
        """The value to give to ``QuerySet.update`` for one row."""
        return Sealed(seal(text, *self.place(pk))) if text else Sealed("")

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        value = instance.__dict__.get(self.attname, "")
        if value is None or value == "" or isinstance(value, Sealed):
            return value  # nothing to seal
        if instance.pk is None:
            raise ValueError(f"{self} is sealed with the key of its row, and the row has none yet")
        return self.seal_for(instance.pk, value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "" or isinstance(value, Sealed):
            return value if value is None else str(value)
        raise FieldError(f"{self} takes sealed texts only; use seal_for()")

    def get_lookup(self, lookup_name: str) -> Any:
        raise FieldError(f"{self} is encrypted and cannot be searched")

    def value_to_string(self, obj: models.Model) -> str:
        return (
            str(obj.__dict__.get(self.attname) or "")
            if isinstance(obj.__dict__.get(self.attname), Sealed)
            else ""
        )


def encrypted_fields() -> Iterator[EncryptedTextField]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield field


def old_rows(field: EncryptedTextField) -> Iterator[tuple[Any, str]]:
    """The rows whose text is not under the newest key: (key of the row, sealed text)."""
    rows = field.model._default_manager.values_list("pk", field.attname).order_by("pk")
    for pk, value in rows.iterator(chunk_size=200):
        if value and not is_newest(value):
            yield pk, str(value)


def rotate(field: EncryptedTextField) -> tuple[int, int]:
    """Put every text of a column under the newest key; return (done, left because no key opens them).

    Row by row and only where the text is still the one that was read, so it can be stopped at any time, run
    again, and run while tokens are being refreshed.
    """
    done = left = 0
    for pk, value in list(old_rows(field)):
        try:
            fresh = ring().rotate(value.encode()).decode()
        except InvalidToken:
            left += 1
            continue
        done += _replace(field, pk, value, fresh)
    return done, left


def _replace(field: EncryptedTextField, pk: Any, old: str, new: str) -> int:
    column = models.functions.Cast(models.F(field.attname), models.TextField())
    rows = field.model._default_manager.annotate(_sealed=column).filter(pk=pk, _sealed=old)
    return rows.update(**{field.attname: Sealed(new)})
