"""A date and time of day without a zone, as people write it into a calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_datetime
from wagtail.admin.widgets import AdminDateTimeInput


class WallTimeFormField(forms.DateTimeField):
    """Never converts: Django's own field would read the input in the person's profile zone."""

    widget = AdminDateTimeInput

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, str):
            value = value.strip()
            parsed = _parse_iso(value)
            if parsed is not None:
                return parsed
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        return forms.BaseTemporalField.to_python(self, value)


def _parse_iso(text: str) -> datetime | None:
    try:
        parsed = parse_datetime(text)
    except ValueError as error:
        raise ValidationError("There is no such date or time.", code="invalid") from error
    return parsed and parsed.replace(tzinfo=None)


class WallTimeField(models.Field):
    """Naive ``datetime`` in Python; ISO text (``2026-11-23T18:00:00``) in the database.

    A DateTimeField would attach the server's zone to it. As text it sorts and compares rightly and means the same on
    every database.
    """

    description = "Wall time"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 19
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "CharField"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> datetime | None:
        return self.to_python(value)

    def to_python(self, value: Any) -> datetime | None:
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        parsed = _parse_iso(str(value))
        if parsed is None:
            raise ValidationError("Write a date and time as 2026-11-23 18:00.", code="invalid")
        return parsed

    def get_prep_value(self, value: Any) -> str | None:
        value = self.to_python(value)
        return value and value.isoformat(timespec="seconds")

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj)) or ""

    def formfield(self, **kwargs: Any) -> forms.Field:
        kwargs.setdefault("form_class", WallTimeFormField)
        return super().formfield(**{k: v for k, v in kwargs.items() if k != "max_length"})
