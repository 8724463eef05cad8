"""The options of a variant in the editor: a field that asks what the format asks, and the reading of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from wagtail.admin.panels import FieldPanel

from channels.connectors.abilities import Action
from channels.connectors.registry import CONNECTORS
from formats.core import first_comment
from formats.core import options as core
from formats.core.first_comment import Length
from formats.core.options import Option

NAME = "options"


class OptionsForm(forms.Form):
    """The questions of one format as fields; nothing is required while somebody is still writing."""

    def __init__(self, options: Sequence[Option], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in options:
            self.fields[option.name] = _field(option)


def _field(option: Option) -> forms.Field:
    said: dict[str, Any] = {"label": option.label, "help_text": option.help, "required": False}
    if option.kind == "choice":
        nothing = [("", "Please choose")] if option.default is None else []
        return forms.ChoiceField(choices=[*nothing, *option.choices], **said)
    if option.kind == "switch":
        return forms.BooleanField(**said)
    if option.lines > 1:
        return forms.CharField(widget=forms.Textarea({"rows": option.lines}), strip=False, **said)
    return forms.CharField(**said)


class OptionsWidget(forms.Widget):
    """Draws the questions as one group of fields."""

    options: Sequence[Option] = ()

    def id_for_label(self, id_: str) -> str:
        return ""  # each question has its own label

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-asked" not in data

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any] | None:
        if self.value_omitted_from_data(data, files, name):
            return None
        form = OptionsForm(self.options, data, prefix=name)
        form.is_valid()
        return {option.name: form.cleaned_data.get(option.name) for option in self.options}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> str:
        answers = core.settled(self.options, value if isinstance(value, Mapping) else {})
        form = OptionsForm(self.options, initial=answers, prefix=name)
        return render_to_string("formats/variants/options.html", {"form": form, "name": name})


class OptionsField(forms.Field):
    widget = OptionsWidget

    def ask(self, options: Sequence[Option], kept: Mapping[str, Any]) -> None:
        """Ask these questions; ``kept`` are the answers that stay where a form does not show them."""
        self.widget.options, self.kept = options, kept

    def clean(self, value: Any) -> dict[str, Any]:
        return dict(self.kept) if value is None else core.settled(self.widget.options, value)


class OptionsPanel(FieldPanel):
    """Only there for formats that ask something."""

    class BoundPanel(FieldPanel.BoundPanel):
        def is_shown(self) -> bool:
            return bool(options_of(self.instance)) and super().is_shown()


def options_of(variant: Any) -> Sequence[Option]:
    try:
        return variant.spec.options
    except (KeyError, LookupError):
        return ()


def read(variant: Any, data: Any) -> None:
    """Put the answers of the editor's form into the variant (not saved)."""
    widget = OptionsWidget()
    widget.options = options_of(variant)
    if (answers := widget.value_from_datadict(data, {}, NAME)) is not None:
        variant.options = core.settled(widget.options, answers)


def allowed_by(channel: Any) -> Mapping[str, Any]:
    """The answers that the network takes from this account, as it last said (``facts["options"]``)."""
    said = (channel.facts or {}).get("options")
    return said if isinstance(said, Mapping) else {}


def findings(variant: Any) -> tuple[Any, ...]:
    """What is to be said about a variant's answers."""
    asked = options_of(variant)
    if not asked:
        return ()
    answers = core.settled(asked, variant.options or {})
    channels = list(variant.channels.all())
    accounts = {channel.handle: allowed_by(channel) for channel in channels}
    return (
        *core.findings(asked, answers, accounts),
        *variant.spec.option_rules(answers),
        *first_comment.check(variant.spec, variant.to_parts(), answers),
        *(first_comment.not_allowed(c.handle, words) for c in channels if (words := _lacks(c, answers))),
    )


def _lacks(channel: Any, answers: Mapping[str, Any]) -> str:
    """What to do where an account was connected without the permission to comment; "" where nothing is missing."""
    if not first_comment.text_of(answers) or channel.platform not in CONNECTORS:
        return ""
    connector = CONNECTORS[channel.platform]
    return connector.lacking(channel, connector.needs.get(Action.COMMENT, ""))


def first_comment_length(variant: Any) -> Length | None:
    """How long the first comment is as the variant stands now; None without one."""
    asked = options_of(variant)
    return first_comment.length(asked, core.settled(asked, variant.options or {}))
