"""All paths and settings that the documentation mentions exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "static").rglob("README.md"))]
# Paths in backticks in a folder of the repository, such as `live/hub.py` or `messaging/attachments/`.
_PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
TOP = {path.name for path in ROOT.iterdir()} - {"data"}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_paths_named_in_documents_exist(document):
    named = {path for path in _PATH.findall(document.read_text()) if path.split("/")[0] in TOP}
    assert not {path for path in named if not (ROOT / path).exists()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links_between_documents_lead_somewhere(document):
    linked = set(_LINK.findall(document.read_text()))
    assert not {link for link in linked if not (document.parent / link).exists()}
