"""The documentation mentions only what exists, and all settings with their defaults."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import EXAMPLE_SETTINGS, ROOT

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "static").rglob("README.md")),
]
# Paths in backticks in a folder of the repository, such as `live/hub.py` or `messaging/attachments/`.
_PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_SETTINGS_ROW = re.compile(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \| ([^|]+) \|", re.MULTILINE)
_NUMBER = re.compile(r"([\d,]+)(?: \(no limit\))?")
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


def test_the_operations_guide_mentions_every_setting():
    words = set(re.findall(r"[A-Z_]+", (ROOT / "docs/operations.md").read_text()))
    assert not EXAMPLE_SETTINGS.keys() - words


@pytest.mark.parametrize("document", [ROOT / "README.md", ROOT / "docs/operations.md"], ids=ids)
def test_tables_of_settings_have_the_defaults_of_the_example(document):
    numbers = dict(_numeric_defaults(document.read_text()))
    assert numbers == {name: EXAMPLE_SETTINGS[name] for name in numbers}
    assert numbers


def _numeric_defaults(text: str) -> Iterator[tuple[str, str]]:
    for names, defaults in _SETTINGS_ROW.findall(text):
        for name, default in zip(re.findall(r"[A-Z_]+", names), defaults.replace("`", "").split(", "), strict=False):
            if default == "no limit":
                yield name, "0"
            elif number := _NUMBER.fullmatch(default):
                yield name, number[1].replace(",", "")
