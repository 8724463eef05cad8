"""Fields of the editor that differ from Wagtail's own."""

from wagtail.admin.rich_text import DraftailRichTextArea


class RichText(DraftailRichTextArea):
    """Wagtail's editor for running text with a name: what one types into is no form field, so no label reaches it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.options["ariaLabel"] = "Text"
