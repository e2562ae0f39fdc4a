"""The client's packages stand alone, and their modules are small."""

import ast

import pytest

from tests.checkout import PACKAGES, ROOT
from tests.test_architecture import imports_of

MODULES = [
    *sorted((ROOT / "client/chatsite_client").glob("*.py")),
    *sorted((ROOT / "client/chatsite_mcp").glob("*.py")),
    *sorted((ROOT / "client/chatsite_terminal").glob("*.py")),
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "client")))
def test_nothing_of_the_server_is_imported(path):
    forbidden = {*PACKAGES, "django"}
    if path.parent.name == "chatsite_client":
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
