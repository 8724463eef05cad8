"""The locks hold names, versions and hashes, and no address of any registry."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [
    *ROOT.glob("requirements*.lock"),
    ROOT / "frontend" / "package-lock.json",
    *ROOT.glob("tests/real/*/package-lock.json"),
]
ADDRESS = re.compile(
    r'https?://[^"\s]*(?:registry|/simple|pythonhosted|npmjs)|"resolved"|--(?:extra-)?index-url'
)

found = [
    f"{lock.name}:{number}: {line.strip()[:100]}"
    for lock in LOCKS
    for number, line in enumerate(lock.read_text().splitlines(), 1)
    if ADDRESS.search(line)
]
print("\n".join(found) or "no addresses")
sys.exit(bool(found))
