"""Uploaded and rendered files, as people's browsers and the networks fetch them.

In production a server in front may serve the same folder; what must stay closed there is said in docs/operators.md.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils._os import safe_join
from django.utils.http import http_date

# Originals carry what the camera wrote into them, places included. Everybody else gets renditions, renders and copies.
CLOSED = ("original_images/", "media/", "media_thumbnails/")
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
HIDDEN = ("restore/",)  # marks of what was sent (publishing.restore)
NAMED_BY_CONTENT = ("renders/",)


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """One file of the media folder; answers one byte range, as video players ask for."""
    try:
        file = Path(safe_join(settings.MEDIA_ROOT, path))
    except (SuspiciousFileOperation, ValueError) as outside:
        raise Http404 from outside
    path = file.relative_to(Path(safe_join(settings.MEDIA_ROOT, ""))).as_posix()  # without detours by ".."
    if path.startswith(HIDDEN) or _unfinished(path) or not file.is_file():
        raise Http404
    if path.startswith(CLOSED):
        return login_required(_answer)(request, file, path)
    return _answer(request, file, path)


def _unfinished(path: str) -> bool:
    """Whether a name on the way begins with a dot: what is still being made, and notes about it."""
    return any(name.startswith(".") for name in path.split("/"))


def _answer(request: HttpRequest, file: Path, path: str) -> HttpResponse:
    stat = file.stat()
    response = _part(request, file, stat.st_size) or FileResponse(file.open("rb"))
    response["Accept-Ranges"] = "bytes"
    response["Last-Modified"] = http_date(stat.st_mtime)
    if path.startswith(NAMED_BY_CONTENT):
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    elif path.startswith(CLOSED):
        response["Cache-Control"] = "private, no-store"
    return response


def _part(request: HttpRequest, file: Path, size: int) -> HttpResponse | None:
    """The asked-for range; None for a request without one, or with one that we may ignore (RFC 9110, 14.2)."""
    asked = RANGE.match(request.headers.get("Range", "").strip())
    if request.method != "GET" or not asked or not any(asked.groups()) or "If-Range" in request.headers:
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    opened = file.open("rb")
    opened.seek(start)
    response = FileResponse(_Bounded(opened, end - start + 1), status=206, filename=file.name)
    response["Content-Length"] = str(end - start + 1)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


class _Bounded:
    """A file that ends after so many bytes."""

    def __init__(self, file, left: int):
        self.file, self.left = file, left
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data
