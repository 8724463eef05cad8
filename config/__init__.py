"""Settings, addresses and processes of the application.

Importing this package puts the folder ``calendar/`` on the import path: the editorial calendar's package is called
``editorial`` and lies there, because a top-level package named ``calendar`` would hide Python's own.
"""

import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

if (folder := str(BASE_DIR / "calendar")) not in sys.path:
    sys.path.append(folder)
