"""The checkout that is tested."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}  # of the server
EXAMPLE_SETTINGS: dict[str, str] = dict(re.findall(r"^#(\w+)=(.*)", (ROOT / ".env.example").read_text(), re.MULTILINE))
