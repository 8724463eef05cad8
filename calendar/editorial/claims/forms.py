"""The form that takes a claim back."""

from __future__ import annotations

from typing import Any

from django import forms

HOW = [
    ("correct", "Correct it: something else is right"),
    ("retract", "Retract it: nothing takes its place"),
]


class WithdrawForm(forms.Form):
    how = forms.ChoiceField(label="What to do", choices=HOW, widget=forms.RadioSelect, initial="correct")
    explanation = forms.CharField(
        label="What was wrong",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One or two sentences for readers: they stand in every correction.",
    )
    right = forms.CharField(
        label="What is right",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It becomes a claim of its own, to be checked before a correction goes out.",
    )
    source = forms.CharField(label="Its source", max_length=200, required=False)
    source_url = forms.URLField(label="Address of its source", required=False, assume_scheme="https")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("how") == "correct":
            if not data.get("right", "").strip():
                self.add_error("right", "Say what is right, or choose to retract the claim.")
            if not (data.get("source", "").strip() or data.get("source_url")):
                self.add_error("source", "Say where the right statement comes from.")
        return data

    def words(self) -> dict[str, str]:
        """What the domain takes. A retraction carries no other statement, whatever the hidden fields hold."""
        data = self.cleaned_data
        names = (
            ("explanation", "right", "source", "source_url") if data["how"] == "correct" else ("explanation",)
        )
        return {name: data[name] for name in names}
