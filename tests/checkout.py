"""The checkout that is tested."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}  # of the server
