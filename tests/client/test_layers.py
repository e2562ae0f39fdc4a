"""The client's packages stand alone, and their modules are small."""

import ast

import pytest

from tests.checkout import PACKAGES, ROOT
from tests.test_architecture import imports_of

MODULES = [
    *sorted((ROOT / "client/chatsite_client").rglob("*.py")),
    *sorted((ROOT / "client/chatsite_mcp").rglob("*.py")),
    *sorted((ROOT / "client/chatsite_terminal").rglob("*.py")),
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "client")))
def test_nothing_of_the_server_is_imported(path):
    forbidden = {*PACKAGES, "django"}
    if "chatsite_client" in path.parts:
        forbidden |= {"chatsite_terminal", "textual", "rich"}
    assert not {name for name in imports_of(path) if name.split(".")[0] in forbidden}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "client")))
def test_a_module_says_what_it_is_for_and_stays_small(path):
    assert ast.get_docstring(ast.parse(path.read_text()))
    assert len(path.read_text().splitlines()) <= 250


def test_paths_are_spelled_in_one_place():
    for path in MODULES:
        if path.name != "paths.py":
            assert '"/rooms/' not in path.read_text(), path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "client")))
def test_no_text_is_looked_up_within_an_f_string(path):
    """GNU gettext 0.21 doesn't find it there."""
    strings = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.JoinedStr)]
    calls = [node.func for each in strings for node in ast.walk(each) if isinstance(node, ast.Call)]
    assert not [func for func in calls if isinstance(func, ast.Name) and func.id in ("_", "ngettext")]
