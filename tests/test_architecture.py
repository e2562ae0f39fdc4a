"""The house's walls: who may import whom, and where things are spelled."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ["live", "accounts", "rooms", "messaging", "chatsite"]
# What is no part of the house's order: settings are read through django.conf; the command line's seed of demo
# data is the one place that plays with everything.
MODULES = [path for app in ORDER for path in sorted((ROOT / app).rglob("*.py"))]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_only_leftwards(path):
    app = path.relative_to(ROOT).parts[0]
    later = set(ORDER[ORDER.index(app) + 1 :])
    assert not {name for name in imports_of(path) if name.split(".")[0] in later}


def test_live_knows_no_model():
    for path in (ROOT / "live").rglob("*.py"):
        assert not {name for name in imports_of(path) if name.startswith("django.db.models")}, path


def test_only_actions_and_what_they_call_publish():
    """Views, forms, commands and the admin cannot tell the pages something that no action did."""
    allowed = {
        "live/publish.py",
        "accounts/auth/revocation.py",
        "rooms/events.py",
        "messaging/history/events.py",
        "messaging/runtime/commands.py",
    }
    publishing = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.startswith("live.publish") for name in imports_of(path))
    }
    assert publishing <= allowed


def test_what_was_said_is_read_through_the_journal():
    """Its readers name their viewer, who gets nothing of the people they block. The verbs read messages to change
    them, a download one's own; whoever shows some asks the journal, or `seen_by`."""
    verbs = {"actions", "admin", "batch", "download", "eraser", "journal", "receivers", "removal", "storing"}
    verbs |= {"reporting", "report_admin"}
    for path in (ROOT / "messaging").rglob("*.py"):
        for line in path.read_text().splitlines():
            if "Message.objects" in line and not line.strip().startswith('"""'):
                assert path.stem in verbs or ".seen_by(" in line, f"{path}: {line.strip()}"


def test_topics_are_spelled_in_one_place():
    for path in MODULES:
        if path.name != "topics.py":
            assert not re.search(r'f"(room|user|session):\{', path.read_text()), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_stays_small(path):
    tree = ast.parse(path.read_text())
    if tree.body and "migrations" not in path.parts:
        assert ast.get_docstring(tree), "a charter in one line"
    if "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= 300


def test_no_module_is_a_drawer():
    assert not [path for path in MODULES if path.stem in ("utils", "helpers", "common", "misc")]
