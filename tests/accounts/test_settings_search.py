"""Searching the settings."""

import re
from urllib.parse import urlsplit

import pytest

from accounts.settings_index import search_settings, settings_of
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db

# Fields that aren't settings of their own: they choose people, or add and confirm something.
NOT_SETTINGS = {"Username or name", "Email address", "Current password", "New password", "Remove photo", "Password"}
NOT_SETTINGS |= {"Expires after", "Max number of uses", "Search settings"}
# Parts of a new token and of a new bot.
NOT_SETTINGS |= {"Name", "Scopes", "Username", "Belongs to the site"}
# Parts of the quiet hours.
NOT_SETTINGS |= {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "From", "To"}


def names(user, query: str) -> list[str]:
    return [setting.name for setting in search_settings(user, query)]


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("theme", "Theme"),
        ("THÈME", "Theme"),
        ("dark mode", "Theme"),
        ("square", "Profile photo"),
        ("last seen", "Hide my “last seen” time"),
        ("privacy muted rooms", "Muted rooms"),
        ("night", "Quiet hours"),
        ("mail missed", "Email me unread messages"),
        ("message me", "Allow others to message me directly and add me to rooms"),
        ("devices", "Where you’re logged in"),
    ],
)
def test_setting_is_found_by_its_label_explanation_keywords_and_page(ana, query, name):
    assert name in names(ana, query)


def test_names_come_before_other_words(ana):
    assert names(ana, "photo")[0] == "Profile photo"
    assert names(ana, "message")[0] != "Display name"
    assert "Display name" in names(ana, "message")  # which is in its explanation


def test_other_words_find_nothing_and_none_finds_everything(ana):
    assert names(ana, "dark unicorn") == []
    assert len(names(ana, "")) == len(settings_of(ana)) > 15


def test_settings_of_the_site_are_for_those_who_may_change_them(ana):
    assert "Site settings" not in names(ana, "site")
    assert "Site settings" in names(make_user(is_superuser=True, is_staff=True), "site")


def test_every_link_leads_to_its_place_and_every_field_is_found():
    admin = make_user(is_superuser=True, is_staff=True)
    client, settings = log_in(admin), settings_of(admin)
    pages = {path: client.get(path) for path in {urlsplit(setting.url).path for setting in settings}}
    known = {setting.name for setting in settings}
    for setting in settings:
        url = urlsplit(setting.url)
        if pages[url.path].status_code == 302:  # to log in again
            continue
        text = pages[url.path].content.decode()
        assert not url.fragment or f'id="{url.fragment}"' in text, setting
        if url.path == "/settings/site/":
            continue
        labels = re.findall(r'<(?:label|legend)[^>]*class="[^"]*"[^>]*>\s*([^<]+?)\s*<', text)
        radios = re.findall(r'<label[^>]*for="id_\w+_\d+"[^>]*>\s*([^<]+?)\s*<', text)
        assert not set(labels) - set(radios) - known - NOT_SETTINGS, url.path


def test_page_lists_links_without_a_script(ana):
    text = log_in(ana).get("/profile/search/", {"q": "theme"}).content.decode()
    assert '<a href="/profile/#div_id_theme">' in text
    assert "Profile photo" not in text
    assert "No settings found for" in log_in(ana).get("/profile/search/", {"q": "<unicorn>"}).content.decode()


def test_strangers_log_in_first(client):
    assert client.get("/profile/search/").status_code == 302
