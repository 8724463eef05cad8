"""All files rendered for a story on one page: what is there, what is being made, what failed and where each is used."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.widgets.button import HeaderButton

from access import policy
from formats import files, variants
from formats.core import drawings
from formats.files import RenderedFile
from formats.views.story import StoryMixin
from formats.views.words import story_url
from media import captions
from media.errors import BadMedia
from work import clock

PER_PAGE = 24
MOST_BYTES = 1_000_000_000  # of one archive

ONLY = {
    "missing": ("not made yet", lambda file: file.row is None and not file.outdated),
    "outdated": ("to be made anew", lambda file: file.row is None and file.outdated),
    "open": ("being made", lambda file: file.open),
    "failed": ("failed or cancelled", lambda file: file.failed),
    "done": ("finished", lambda file: file.done),
    "alt": ("without alt text", lambda file: not file.is_video and not all(file.alts)),
}


class FilesMixin(StoryMixin):
    capability = policy.VIEW

    @cached_property
    def files(self) -> list[RenderedFile]:
        return files.of_story(self.variants)

    @cached_property
    def drawings(self) -> list[drawings.Drawing]:
        return drawings.of_piece(variants.piece_of(self.story))

    @cached_property
    def copies(self) -> list[files.PublicCopy]:
        return files.public_copies(self.story)

    def shown(self) -> list[RenderedFile]:
        wanted = ONLY.get(self.request.GET.get("only", ""))
        return [file for file in self.files if wanted is None or wanted[1](file)]

    @property
    def url(self) -> str:
        return reverse("variants:files", args=[self.story.pk])


class FilesView(FilesMixin, TemplateView):
    template_name = "formats/files/files.html"
    page_title = "Files"

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("Variants", url=story_url(self.story.pk), icon_name="variants")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = Paginator(self.shown(), PER_PAGE).get_page(self.request.GET.get("page"))
        now = clock.now()
        for file in (*page.object_list, *self.copies):
            file.told = file.words(now)
        prints = files.drawings(self.drawings)
        counts = {name: sum(map(test, self.files)) for name, (_, test) in ONLY.items()}
        return {
            **context,
            "story": self.story,
            "all": len(self.files),
            "page": page,
            "only": self.request.GET.get("only", ""),
            "onlys": [(name, label, counts[name]) for name, (label, _) in ONLY.items()],
            "counts": counts,
            "anew": files.made_anew(self.files, self.story.latest_revision_created_at),
            "bytes": sum(file.row.bytes for file in self.files if file.done and file.row),
            "shapes": {shape: [p for p in prints if p.drawing.shape == shape] for shape in drawings.SHAPES}
            if prints
            else {},
            "prints_missing": any(each.state in ("missing", "failed") for each in prints),
            "prints_open": any(each.state in files.OPEN for each in prints),
            "copies": self.copies,
            "copies_failed": sum(each.failed for each in self.copies),
            "waiting": counts["open"] or any(each.open for each in self.copies),
            "may_write": self.may_write(),
            "story_url": story_url(self.story.pk),
            "progress_url": reverse("variants:files_progress", args=[self.story.pk]),
        }


class FilesProgressView(FilesMixin, View):
    """How far the files are, as JSON in the shape of the board's (views.story.ProgressView)."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        now = clock.now()
        rows = [
            {
                "id": file.key,
                "percent": file.row.progress if file.row else 0,
                "words": file.words(now),
                "waiting": int(file.open),
            }
            for file in (*self.files, *self.copies)
        ]
        return JsonResponse({"variants": rows, "finished": not any(row["waiting"] for row in rows)})


class MakeFilesView(FilesMixin, View):
    """The buttons: make what is missing, try one again, make the drawings. POST only; back to the page."""

    capability = policy.WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        what = request.POST.get("what", "")
        if what == "drawings":
            wanted = [each.plan for each in self.drawings]
        else:
            wanted = [file.plan for file in (*self.files, *self.copies) if what in ("", file.key)]
        if what and not wanted:
            messages.error(request, "This file is no longer wanted: the variant has changed since.")
            return redirect(self.url)
        made = files.make_missing(wanted, self.story.get_campaign().pk)
        if made.asked or not made.refused:
            messages.success(request, str(made))
        for refused in made.refused:
            messages.error(request, refused)
        return redirect(self.url)


class ArchiveView(FilesMixin, View):
    """Finished files with their captions and alt texts as one ZIP; at most a gigabyte."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | FileResponse:
        chosen = [file for file in self.shown() if file.done and file.row]
        if not chosen:
            raise Http404("Nothing is finished yet.")
        if sum(file.row.bytes for file in chosen if file.row) > MOST_BYTES:
            messages.error(request, "Together these files are larger than 1 GB. Download them one by one.")
            return redirect(self.url)
        archive = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
            for file in chosen:
                _pack(packed, file)
            packed.writestr(
                "alt-texts.txt", "\n\n".join(f"{f.file_name}\n{' / '.join(f.alts)}" for f in chosen)
            )
        archive.seek(0)
        return FileResponse(
            archive, as_attachment=True, filename=f"{slugify(self.story.title) or 'files'}.zip"
        )


class SubRipView(FilesMixin, View):
    """The captions of one file as SubRip, which Facebook, LinkedIn and most editing programs take."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        file = next((each for each in self.files if each.key == kwargs["key"] and each.captions_url), None)
        text = file and _subrip(file)
        if not file or text is None:
            raise Http404("This file has no captions.")
        name = _captions_name(file, "srt")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(text, content_type="application/x-subrip; charset=utf-8", headers=headers)


def _subrip(file: RenderedFile) -> str | None:
    """None where the captions are gone from the disk or cannot be read."""
    path = Path(settings.MEDIA_ROOT) / str(file.row and file.row.captions)
    try:
        return captions.to_srt(captions.stored(path)) if path.is_file() else None
    except BadMedia:
        return None


def _pack(packed: zipfile.ZipFile, file: RenderedFile) -> None:
    """One file and its captions; what is gone from the disk is left away, as the page shows when it is asked for anew."""
    root = Path(settings.MEDIA_ROOT)
    for name, path in ((file.file_name, file.row.file), (_captions_name(file, "vtt"), file.row.captions)):  # type: ignore[union-attr]
        if path and (root / path).is_file():
            packed.write(root / path, name)
    if file.row and file.row.captions and (text := _subrip(file)):
        packed.writestr(_captions_name(file, "srt"), text)


def _captions_name(file: RenderedFile, ending: str) -> str:
    return f"{file.file_name.rsplit('.', 1)[0]}.{ending}"
