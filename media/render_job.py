"""``python -m media.render_job``: render one plan in a process of its own (media.child speaks with it)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from media import child
from media.render import render


def work(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    facts = render(task["plan"], root=Path(task["root"]), out=Path(task["out"]), progress=progress)
    return facts.as_json()


if __name__ == "__main__":
    if len(sys.argv) == 4:  # by hand: PLAN.json ROOT OUT
        plan = json.loads(Path(sys.argv[1]).read_text())
        print(render(plan, root=Path(sys.argv[2]), out=Path(sys.argv[3])))
    else:
        child.serve(work, memory_mib=3072, cpu_s=3600, file_mib=2048)
