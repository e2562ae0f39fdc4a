"""The language that a user chose, or their browser's, is the same for Python, JavaScript and dates."""

import json
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import override_settings

from chatsite import catalogs
from chatsite.conf.languages import installed_languages
from chatsite.templatetags import chatsite as tags
from tests.factories import make_user
from tests.pseudo_locale import pseudo

LANGUAGES = [("en", "English"), ("en-xa", "en-xa"), ("he", "עברית")]


@pytest.fixture
def locales(tmp_path):
    """Translations of a text or two: a pseudo-locale and Hebrew."""
    for locale in ("en_XA", "he"):
        folder = tmp_path / locale / "LC_MESSAGES"
        folder.mkdir(parents=True)
        catalog = polib.POFile()
        catalog.metadata = {"Plural-Forms": "nplurals=2; plural=(n != 1);", "Content-Type": "text/plain; charset=UTF-8"}
        catalog.append(polib.POEntry(msgid="Link copied", msgstr=pseudo("Link copied")))
        plural = {0: pseudo("%(count)s file"), 1: pseudo("%(count)s files")}
        catalog.append(polib.POEntry(msgid="%(count)s file", msgid_plural="%(count)s files", msgstr_plural=plural))
        for domain in ("django", "djangojs"):
            catalog.save_as_mofile(str(folder / f"{domain}.mo"))
    with override_settings(LOCALE_PATHS=[tmp_path], LANGUAGES=LANGUAGES):
        _forget_catalogs()
        yield tmp_path
    _forget_catalogs()


def _forget_catalogs():
    catalogs.catalog_name.cache_clear()
    tags._render_once.cache_clear()


def test_languages_with_a_translation_are_offered_in_their_own_words(locales):
    assert installed_languages("en", [locales]) == LANGUAGES
    assert installed_languages("de", []) == [("de", "Deutsch"), ("en", "English")]


def test_catalog_is_a_static_module_of_all_texts(locales):
    found = {name: Path(storage.path(name)) for name, storage in catalogs.CatalogFinder().list(None)}
    assert set(found) == {"js/catalogs/en-xa.js", "js/catalogs/he.js"}
    text = found["js/catalogs/he.js"].read_text()
    data = json.loads(re.search(r"messages: (\{.*\}) \}", text)[1])
    assert data["Link copied"] == pseudo("Link copied")
    assert data["%(count)s file"] == [pseudo("%(count)s file"), pseudo("%(count)s files")]
    assert "Number((n != 1))" in text
    assert catalogs.CatalogFinder().find("js/catalogs/he.js") == str(found["js/catalogs/he.js"])
    assert catalogs.CatalogFinder().find("js/catalogs/fr.js") == []


@pytest.mark.parametrize(
    ("chosen", "asked", "language", "direction"),
    [
        ("", "he-IL,he;q=0.9,en;q=0.5", "he", "rtl"),
        ("en", "he", "en", "ltr"),
        ("he", "en", "he", "rtl"),
        ("", "fr", "en", "ltr"),
        ("gone", "he", "he", "rtl"),
    ],
)
def test_profile_decides_the_language_and_else_the_browser(client, db, locales, chosen, asked, language, direction):
    ana = make_user("ana", language=chosen)
    client.force_login(ana)
    page = client.get("/people/", headers={"Accept-Language": asked}).content.decode()
    assert f'<html lang="{language}" dir="{direction}"' in page
    catalog = "js/catalogs/he.js" if language == "he" else "js/catalog.js"
    assert f'"chatsite/catalog.js": "{settings.STATIC_URL}{catalog}"' in page


def test_emoji_have_names_in_the_language_of_the_page(settings, tmp_path):
    """Those of `bin/emoji-data`, which writes them for the languages in locale/."""
    names = tmp_path / "vendor/emojibase"
    names.mkdir(parents=True)
    for file in ("names.js", "names-he.js"):
        (names / file).write_text("export const names = [];\n")
    settings.STATICFILES_DIRS = [tmp_path]
    expected = {"he": "names-he.js", "fr": "names.js", None: "names.js"}
    for language, file in expected.items():
        url = tags._find_modules(language)["chatsite/vendor/emojibase/names.js"]
        assert url == f"{settings.STATIC_URL}vendor/emojibase/{file}"
