"""A chart as PNG for a mail, drawn from a Vega-Lite drawing in a limited child process. It fetches nothing.

Only the worker draws; the converter holds a whole JavaScript engine, which no web process should.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from media import child
from media.errors import RenderError

SCALE = 2.0  # sharp on fine screens, and still small
TIMEOUT_S = 40
# Where a drawing may name an address. ``usermeta`` could bring a loader of its own.
ADDRESSES = ("url", "href", "usermeta")


def png(spec: Mapping[str, Any]) -> bytes:
    """Raises MediaError when it cannot be drawn; a mail goes out without it then."""
    with tempfile.TemporaryDirectory(prefix="hustings-media-") as folder:
        out = Path(folder) / "chart.png"
        child.run_python("media.plotted", {"spec": dict(spec), "out": str(out)}, timeout_s=TIMEOUT_S)
        return out.read_bytes()


def draw(spec: Mapping[str, Any]) -> bytes:
    """The child's side.

    ``allowed_base_urls`` keeps the engine from fetching rows, but not pictures, and not ``file:`` addresses: so whatever
    names an address is refused before it comes to the engine.
    """
    refuse_addresses(spec)
    import vl_convert  # the engine starts with it

    try:
        return vl_convert.vegalite_to_png(dict(spec), scale=SCALE, allowed_base_urls=[])
    except ValueError as error:
        raise RenderError(f"This chart cannot be drawn: {str(error)[:200]}") from error


def refuse_addresses(part: Any) -> None:
    """Raises RenderError where something in a drawing is to be fetched; a picture written into it is none."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            written_in = name == "url" and isinstance(value, str) and value.startswith("data:image/")
            if name in ADDRESSES and not written_in:
                raise RenderError(f"This chart cannot be drawn: it names an address ({str(value)[:80]}).")
            refuse_addresses(value)
    elif isinstance(part, list | tuple):
        for each in part:
            refuse_addresses(each)


def _work(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    Path(task["out"]).write_bytes(draw(task["spec"]))
    return {}


if __name__ == "__main__":
    # The engine reserves far more address space than it uses.
    child.serve(_work, memory_mib=4 * 1024 * 1024, cpu_s=30, file_mib=8)
