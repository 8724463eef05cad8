"""``python -m media.render_job``: render plans in a process of its own (media.child speaks with it)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from media import child
from media.errors import MediaError
from media.render import render, render_together


def work(task: dict[str, Any], progress: Any) -> list[dict[str, Any]]:
    """``{"plans", "root", "outs"}`` in; per plan ``{"facts"}`` or ``{"error": [class, words]}`` out."""
    outs = [Path(out) for out in task["outs"]]
    found = render_together(task["plans"], root=Path(task["root"]), outs=outs, progress=progress)
    return [_said(each) for each in found]


def _said(each: Any) -> dict[str, Any]:
    if isinstance(each, MediaError):
        return {"error": child.said(each)}
    return {"facts": each.as_json()}


if __name__ == "__main__":
    if len(sys.argv) == 4:  # by hand: PLAN.json ROOT OUT
        plan = json.loads(Path(sys.argv[1]).read_text())
        print(render(plan, root=Path(sys.argv[2]), out=Path(sys.argv[3])))
    else:
        child.serve(work, memory_mib=3072, cpu_s=3600, file_mib=2048)
