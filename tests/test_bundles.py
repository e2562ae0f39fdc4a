"""The chat page's bundles."""

import re

import pytest

from chatsite.bundles import MODULES, SHEETS, STYLES, BundleFinder, join_modules, joined_modules
from chatsite.server import bootstrap
from tests.checkout import ROOT


def test_modules_come_after_those_that_they_import():
    names = joined_modules()
    assert "net/socket.js" in names
    assert "app.js" not in names
    assert len(names) == len(set(names))
    for index, name in enumerate(names):
        imported = set(re.findall(r'^import .*"chatsite/([^"]+)";$', (ROOT / "static/js" / name).read_text(), re.M))
        assert imported - {"catalog.js"} <= set(names[:index]), name


def test_modules_are_joined_into_one_with_all_exports():
    joined = join_modules(
        {
            "a.js": "/** A. */\n\nexport const A = 1;\n\nexport async function load() {}\n",
            "b.js": 'import "chatsite/a.js";\nimport {\n  A as B,\n  load,\n} from "chatsite/a.js";\n\nexport class C {}\n',
        }
    )
    assert not re.search(r"^import (?!catalog)", joined, re.M)
    assert "const {\n  A: B,\n  load,\n} = modules;\n" in joined
    assert joined.endswith("\nexport const { A, load, C } = modules;\n")


@pytest.mark.parametrize(
    "source",
    [
        "export default class {}\n",
        'export * from "chatsite/a.js";\n',
        'import * as a from "chatsite/a.js";\n',
        "const a = 1;\nexport { a };\n",
        "export let a;\n",
        "const a = await b();\n",
    ],
)
def test_other_imports_and_exports_and_top_level_await_are_refused(source):
    with pytest.raises(ValueError, match=re.escape("x.js can't be joined with other modules: ")):
        join_modules({"x.js": source})


def test_names_that_two_modules_export_are_refused():
    with pytest.raises(ValueError, match=re.escape("y.js and x.js both export fold")):
        join_modules({"x.js": "export const fold = 1;\n", "y.js": "export function fold() {}\n"})


def test_modules_that_import_each_other_are_refused(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "js").mkdir()
    (tmp_path / "js/app.js").write_text('import "chatsite/a.js";\n')
    (tmp_path / "js/a.js").write_text('import { b } from "chatsite/b.js";\n')
    (tmp_path / "js/b.js").write_text('import { a } from "chatsite/a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js"):
        joined_modules()


def test_another_site_of_the_same_version_collects_nothing_new(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "first"
    fingerprint = bootstrap._static_fingerprint()
    settings.DATA_DIR = tmp_path / "second"
    assert bootstrap._static_fingerprint() == fingerprint
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "js").mkdir()
    (tmp_path / "js/app.js").write_text("")
    (tmp_path / "css").mkdir()
    for sheet in SHEETS:
        (tmp_path / f"css/{sheet}.css").write_text("")
    assert bootstrap._static_fingerprint() != fingerprint


def test_bundles_are_generated_only_without_debugging(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert {name for name, _storage in BundleFinder().list(None)} == {MODULES, STYLES}
    styles = (tmp_path / "generated" / STYLES).read_text()
    assert all((ROOT / f"static/css/{sheet}.css").read_text() in styles for sheet in SHEETS)
    settings.DEBUG = True
    assert list(BundleFinder().list(None)) == []
