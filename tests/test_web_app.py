"""The manifest and the service worker of the installable app."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import SiteSettings
from chatsite.templatetags.chatsite import chat_files
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def anyone() -> Client:
    make_user("mira")
    return Client()


def test_the_manifest_makes_the_site_installable(anyone):
    response = anyone.get("/manifest.webmanifest")
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert {name: manifest[name] for name in ("id", "start_url", "scope", "display")} == {
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
    }
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    assert [each["url"] for each in manifest["shortcuts"]] == ["/direct/new/", "/search/", "/inbox/"]


def test_the_manifest_has_the_name_of_the_site(anyone, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        SiteSettings.objects.change(name="Ana’s “Chat”")
    assert json.loads(anyone.get("/manifest.webmanifest").content)["name"] == "Ana’s “Chat”"


def test_every_page_links_to_the_manifest(anyone):
    page = anyone.get("/accounts/login/")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page.content.decode()


def test_the_service_worker_serves_the_whole_site_and_is_never_stale(anyone):
    response = anyone.get("/sw.js")
    assert response["Service-Worker-Allowed"] == "/"
    assert response["Cache-Control"] == "no-cache"
    assert response["Content-Type"].startswith("text/javascript")
    assert re.match(rb"const SITE = \{.*\};\n/\*\*", response.content)


def test_workers_are_allowed_from_the_site_only(anyone):
    policy = anyone.get("/accounts/login/")["Content-Security-Policy"]
    assert "worker-src 'self';" in f"{policy};"


def test_the_files_that_the_worker_keeps_exist_and_include_the_lazy_modules():
    files = [url.removeprefix("/static/") for url in chat_files("en")]
    assert len(files) < 200
    assert "js/elements/emoji_picker.js" in files
    assert [name for name in files if not finders.find(name)] in ([], ["css/chat.css", "js/chat.js"])


def test_the_kept_page_contains_no_data_and_only_for_those_who_are_logged_in(anyone):
    assert anyone.get("/offline/").status_code == 302
    anyone.force_login(make_user("ben"))
    make_room("Harbour", owner=make_user("ana"))
    response = anyone.get("/offline/")
    assert "ben" not in response.content.decode()
    assert "Harbour" not in response.content.decode()
    assert '{"is_offline":true' in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert response["X-Files"] in anyone.get("/sw.js").content.decode()
