from __future__ import annotations

from django import forms

from editorial.domain.guests import DAYS


class InviteForm(forms.Form):
    name = forms.CharField(
        label="Name of the one person",
        max_length=120,
        min_length=3,
        help_text="They are asked to write it as it stands here.",
    )
    email = forms.EmailField(
        label="Their mail address",
        required=False,
        help_text="Only kept with the link, so that you know whom it went to. Nothing is sent.",
    )
    days = forms.TypedChoiceField(
        label="Open for",
        coerce=int,
        choices=[(n, "1 day" if n == 1 else f"{n} days") for n in DAYS],
        initial=3,
        help_text="Never longer than until the planned time.",
    )


class AnswerForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=120)
    comment = forms.CharField(
        label="Comment",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Needed if you ask for changes: say what should change.",
    )
    answer = forms.ChoiceField(choices=[("approve", "Approve"), ("reject", "Ask for changes")])
