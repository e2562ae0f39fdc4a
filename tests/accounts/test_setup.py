"""Setting up the site."""

import stat

import pytest
from allauth.account.models import EmailAddress
from django.test import Client, override_settings

from accounts.middleware import FirstVisitorMiddleware
from accounts.models import SiteSettings, User
from accounts.registration import setup_code
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "seven green boats"
FORM = {"site_name": "Riverside", "username": "ana", "password1": PASSWORD}


@pytest.fixture(autouse=True)
def private_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "chat.example.org", "testserver"]


def here(**extra) -> Client:
    return Client(SERVER_NAME="localhost", REMOTE_ADDR="127.0.0.1", **extra)


def elsewhere() -> Client:
    return Client(SERVER_NAME="chat.example.org", REMOTE_ADDR="203.0.113.7")


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/accounts/signup/", "/people/", "/rooms/", "/nowhere/", "/admin/"]
)
def test_every_page_redirects_to_setup(path):
    response = here().get(path)
    assert (response.status_code, response["Location"]) == (302, "/setup/")
    assert "no-store" in response["Cache-Control"]


def test_local_visitor_sets_up_without_code_and_is_logged_in():
    client = here()
    assert b"id_code" not in client.get("/setup/").content
    response = client.post("/setup/", FORM | {"email": "Ana@example.org"})
    assert (response.status_code, response["Location"]) == (302, "/")
    ana = User.objects.get()
    assert (ana.username, ana.is_superuser, ana.is_staff, ana.email) == ("ana", True, True, "ana@example.org")
    assert client.get("/session/").json() == {"user": ana.pk}
    assert SiteSettings.objects.get().name == "Riverside"
    assert not EmailAddress.objects.get().verified


def test_setup_page_is_gone_afterwards():
    make_user("ana")
    assert here().get("/setup/").status_code == 404
    assert here().post("/setup/", FORM).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"SERVER_NAME": "chat.example.org", "REMOTE_ADDR": "127.0.0.1"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "203.0.113.7"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": ""},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_HOST": "localhost"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1"},
        {"SERVER_NAME": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"},
    ],
)
def test_remote_visitor_is_asked_for_the_code(headers):
    client = Client(**headers)
    assert b"id_code" in client.get("/setup/").content
    assert b"This field is required" in client.post("/setup/", FORM).content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"SITE_URL": "https://chat.example.org"},
        {"SITE_URL": "http://192.168.1.5:8000"},
        {"HOST": "0.0.0.0"},
        {"HOST": "192.168.1.5"},
        {"HOST": "::"},
        {"TRUSTED_PROXIES": "127.0.0.1"},
    ],
)
def test_code_is_asked_for_where_others_can_reach_the_site(settings, change):
    """A proxy that adds no headers looks local, and the client behind it chooses the Host."""
    for name, value in change.items():
        setattr(settings, name, value)
    assert b"id_code" in here().get("/setup/").content
    here().post("/setup/", FORM)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "change", [{"SITE_URL": "http://localhost:8000"}, {"SITE_URL": "http://[::1]:8000"}, {"HOST": "localhost"}]
)
def test_local_site_asks_for_no_code(settings, change):
    for name, value in change.items():
        setattr(settings, name, value)
    assert b"id_code" not in here().get("/setup/").content


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_addresses_are_local(address):
    assert b"id_code" not in Client(HTTP_HOST="[::1]:8000", REMOTE_ADDR=address).get("/setup/").content


def test_remote_visitor_sets_up_with_the_code():
    code = setup_code.read_or_create()
    response = elsewhere().post("/setup/", FORM | {"code": f" {code.upper().replace('-', ' ')} "})
    assert response.status_code == 302
    assert User.objects.get().is_superuser


@pytest.mark.django_db(transaction=True)
def test_setup_deletes_the_code(tmp_path):
    code = setup_code.read_or_create()
    elsewhere().post("/setup/", FORM | {"code": code})
    assert User.objects.exists()
    assert not (tmp_path / "setup_code").exists()


@pytest.mark.parametrize("code", ["wrong", "----", "é" * 9, "0000-0000-0000-0000"])
def test_wrong_code_creates_no_account(code):
    response = elsewhere().post("/setup/", FORM | {"code": code})
    assert b"Incorrect code" in response.content
    assert not User.objects.exists()


def test_attempts_are_limited_even_for_the_right_code():
    client, code = elsewhere(), setup_code.read_or_create()
    for _ in range(10):
        client.post("/setup/", FORM | {"code": "wrong"})
    response = client.post("/setup/", FORM | {"code": code})
    assert b"Too many incorrect codes" in response.content
    assert not User.objects.exists()


def test_code_file_is_readable_by_its_owner_alone(tmp_path):
    assert setup_code.read_or_create() == setup_code.read_or_create()
    assert stat.S_IMODE((tmp_path / "setup_code").stat().st_mode) == 0o600


def test_empty_code_file_admits_no_one(tmp_path):
    (tmp_path / "setup_code").write_text("\n")
    with pytest.raises(OSError, match="empty"):
        setup_code.check("")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"username": "-ana"}, "start and end with a letter"),
        ({"password1": "short"}, "too short"),
        ({"email": "nonsense"}, "valid email"),
    ],
)
def test_errors_are_shown_beside_their_fields(change, reason):
    assert reason in here().post("/setup/", FORM | change).content.decode()
    assert not User.objects.exists()


def test_mandatory_verification_makes_the_owners_email_required():
    with override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory"):
        assert b"This field is required" in here().post("/setup/", FORM).content


def test_middleware_makes_no_query_after_setup(rf, django_assert_num_queries):
    make_user("ana")
    middleware = FirstVisitorMiddleware(lambda request: "page")
    assert middleware(rf.get("/")) == "page"
    with django_assert_num_queries(0):
        assert middleware(rf.get("/")) == "page"
