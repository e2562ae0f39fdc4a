"""The site's name, logo and registration mode, set by admins or by the environment."""

import re

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import (
    AuditEvent,
    SiteSettings,
    User,
    default_notification_level,
    registration_mode,
    site_logo,
    site_name,
)
from tests.accounts.test_profile import picture
from tests.factories import log_in, make_user
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
FORM = {"name": "Riverside", "registration": "invite"}


@pytest.fixture
def root() -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def save(root, django_capture_on_commit_callbacks):
    """Return a function that submits the form as an admin and runs what follows the commit."""

    def save(**change: object):
        with django_capture_on_commit_callbacks(execute=True):
            return log_in(root).post("/settings/site/", FORM | change)

    return save


@pytest.mark.parametrize("fields", [{}, {"is_staff": True}])
def test_only_those_with_the_permission_change_them(fields):
    client = log_in(make_user("ana", **fields))
    assert client.get("/settings/site/").status_code == 403
    assert client.post("/settings/site/", FORM).status_code == 403
    assert Client().post("/settings/site/", FORM)["Location"].startswith("/accounts/login/")
    assert not SiteSettings.objects.exists()


def test_name_and_registration_take_effect_at_once(save, root):
    assert save(name=" Riverside \t Studio ").status_code == 302
    assert (site_name(), registration_mode()) == ("Riverside Studio", "invite")
    page = Client().get("/accounts/signup/").content.decode()
    assert "Riverside Studio" in page
    assert "id_password1" not in page
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.SITE_CHANGED)
    assert (event.actor, event.detail) == (root, {"fields": ["name", "registration"]})
    save(name="Riverside Studio")
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.SITE_CHANGED).count() == 1


def test_default_of_notifications(save, root):
    page = log_in(root).get("/settings/site/").content.decode()
    assert re.search(r'value="mentions"[^>]*checked', page)
    save()
    assert default_notification_level() == "mentions"
    save(notification_level="all")
    assert default_notification_level() == "all"
    save()
    assert default_notification_level() == "all"
    assert save(notification_level="some").status_code == 200


def test_chat_page_shows_the_new_name(root, save, everyone):
    client = log_in(root)
    assert "· Chatsite</title>" in client.get(everyone.get_absolute_url()).content.decode()
    save()
    assert "· Riverside</title>" in client.get(everyone.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 61}, "60 characters"),
        ({"name": "Chat\u202esite"}, "invisible"),
        ({"registration": "everyone"}, "Select a valid choice"),
        ({"logo": SimpleUploadedFile("logo.png", b"no image")}, "read that image"),
    ],
)
def test_errors_are_shown_and_change_nothing(save, change, reason):
    response = save(**change)
    assert response.status_code == 200
    assert reason in response.content.decode()
    assert not SiteSettings.objects.exists()


def test_values_of_the_environment_win_and_cannot_be_changed(save, root, settings):
    settings.SITE_NAME, settings.REGISTRATION = "From the environment", "closed"
    page = log_in(root).get("/settings/site/").content.decode()
    assert "Set by SITE_NAME in the server’s environment." in page
    assert "Set by REGISTRATION in the server’s environment." in page
    assert save().status_code == 302
    assert (site_name(), registration_mode()) == ("From the environment", "closed")
    assert not SiteSettings.objects.filter(name="Riverside").exists()


def test_logo_is_shown_to_visitors_until_it_is_removed(save, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    save(logo=picture())
    assert (tmp_path / site_logo()).read_bytes()[8:12] == b"WEBP"
    page = Client().get("/accounts/login/").content.decode()
    address = page.partition('<img class="logo" src="')[2].partition('"')[0]
    response = Client().get(address)
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, f"/internal/media/{site_logo()}")
    assert Client().get("/logo/another/").status_code == 404
    save(remove_logo="on")
    assert site_logo() == ""
    assert Client().get(address).status_code == 404
    assert not list(tmp_path.rglob("*.webp"))


def test_running_servers_take_over_changes(uvicorn):
    make_user("ana")

    def page() -> str:
        return httpx.get(f"{uvicorn.url}/accounts/login/").text

    SiteSettings.objects.change(name="Harbour")
    wait_until(lambda: "Harbour" in page(), "the new name")
    SiteSettings.objects.all().delete()
    wait_until(lambda: "Harbour" not in page(), "the default name")


SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def test_without_a_mail_server_no_page_promises_an_email(client, settings):
    make_user("ana", email="ana@example.org")
    settings.EMAIL_DELIVERY_BACKEND = CONSOLE
    page = client.get("/accounts/password/reset/").content.decode()
    assert "can’t send email" in page
    assert "<form" not in page
    pages = {
        re.sub(rb'nonce="[^"]+"', b"", client.post("/accounts/password/reset/", {"email": email}, follow=True).content)
        for email in ("ana@example.org", "nobody@example.org")
    }
    assert len(pages) == 1  # reveals no account
    assert "This site can’t send email" in pages.pop().decode()
    settings.EMAIL_DELIVERY_BACKEND = SMTP
    assert "<form" in client.get("/accounts/password/reset/").content.decode()


def test_admins_send_themselves_a_test_email(root, settings, mailoutbox):
    User.objects.filter(pk=root.pk).update(email="root@example.org")
    settings.EMAIL_DELIVERY_BACKEND = SMTP
    client = log_in(root)
    assert b"Send test email" in client.get("/settings/site/").content
    for _ in range(4):
        response = client.post("/settings/site/test-email/", follow=True)
    assert [email.to for email in mailoutbox] == [["root@example.org"]] * 3
    assert "Too many test emails" in response.content.decode()
    assert log_in(make_user("bo", is_staff=True)).post("/settings/site/test-email/").status_code == 403


def test_page_says_that_email_is_not_set_up(root, settings, mailoutbox):
    settings.EMAIL_DELIVERY_BACKEND = CONSOLE
    page = log_in(root).get("/settings/site/").content.decode()
    assert "Email isn’t set up" in page
    assert "Send test email" not in page
    log_in(root).post("/settings/site/test-email/")
    assert mailoutbox == []
