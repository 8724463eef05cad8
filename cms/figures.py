"""The field in which a figure is typed. Not in cms.widgets, which needs Wagtail's models: pages import this before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms


class FigureInput(forms.NumberInput):
    """A number as people write it: 3.6, where the database gives 3.6000."""

    def format_value(self, value: Any) -> str | None:
        return super().format_value(f"{value.normalize():f}" if isinstance(value, Decimal) else value)
