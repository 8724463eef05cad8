"""Forms of pages, pictures and videos: what people type and upload, with answers they can act on."""

from __future__ import annotations

from wagtail.admin.forms import WagtailAdminPageForm


class AddressedPageForm(WagtailAdminPageForm):
    """Leaves an empty address to the page, which finds one for any title (see AddressedPage)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
