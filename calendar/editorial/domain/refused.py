"""Why something was not done, in words for the person who asked."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied


class Refused(PermissionDenied):
    """Nothing was changed. ``reasons`` are whole sentences; ``code`` is for programs.

    A PermissionDenied, so that Wagtail's own views answer 403 where they reach a rule that our pages explain.
    """

    def __init__(self, code: str, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.code = code
        self.reasons = reasons


class Question(Exception):
    """Nothing was changed yet: the person must choose first.

    ``choices`` are (words for the button, fields to send with the same request again).
    """

    def __init__(self, code: str, message: str, choices: tuple[tuple[str, dict[str, Any]], ...]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.choices = choices
