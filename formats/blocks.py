"""A variant's parts as the editor shows them.

A medium's plan never travels through the form: the block holds its key, the variant keeps the plan. So nobody can make
the renderer read a file that no format asked for.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from wagtail import blocks


class HiddenBlock(blocks.FieldBlock):
    """Text that goes through the form unseen."""

    def __init__(self, required: bool = False, **kwargs):
        self.field = forms.CharField(required=required, widget=forms.HiddenInput())
        super().__init__(**kwargs)

    def value_from_form(self, value):
        return value or ""

    class Meta:
        default = ""


class MediaBlock(blocks.StructBlock):
    """One picture or video of a part: the key of its plan, and the words that go with it.

    ``before`` is the key of what stood here before somebody chose another picture, so that it can be had back.
    """

    key = HiddenBlock()
    before = HiddenBlock()
    role = HiddenBlock()
    sources = HiddenBlock()
    alt = blocks.TextBlock(
        label="Alt text",
        required=False,
        rows=2,
        help_text="What a person who cannot see it needs to know. It is sent wherever the platform takes it.",
    )

    def clean(self, value):
        if not (value.get("key") or "").strip():
            raise blocks.StructBlockValidationError(
                block_errors={
                    "alt": ValidationError(
                        "There is no picture here. Choose one from the story or the library, or remove it."
                    )
                }
            )
        return super().clean(value)

    class Meta:
        icon = "image"
        label = "Picture or video"
        label_format = "{alt}"
        form_classname = "struct-block variant-media"


class PartBlock(blocks.StructBlock):
    """One remote post. ``link`` stands beside the text only on platforms that attach links."""

    text = blocks.TextBlock(required=False, rows=4)
    link = blocks.URLBlock(
        required=False, label="Link", help_text="Shown as a link card where the platform has them."
    )
    media = blocks.ListBlock(MediaBlock(), default=[], label="Pictures and video", collapsed=False)
    sources = HiddenBlock()

    class Meta:
        icon = "openquote"
        label = "Part"
        label_format = "{text}"
        form_classname = "struct-block variant-part"
