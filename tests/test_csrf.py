"""The response to a rejected form contains the cause and the remedy."""

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db

CREDENTIALS = {"login": "ana", "password": "wrong"}


@pytest.fixture
def browser() -> Client:
    make_user("ana")  # without an account, the login page redirects to the setup page
    return Client(enforce_csrf_checks=True)


def log_in(browser: Client, *, with_token: bool = True, **headers: str):
    browser.get("/accounts/login/")
    token = browser.cookies["csrftoken"].value if with_token else "x" * 32
    return browser.post("/accounts/login/", {**CREDENTIALS, "csrfmiddlewaretoken": token}, headers=headers)


def test_form_through_a_proxy_that_loses_the_port_names_the_remedy(browser):
    response = log_in(browser, host="localhost", origin="http://localhost:8443")
    text = response.content.decode()
    assert response.status_code == 403
    assert "Your browser sent the form to http://localhost:8443, but the server received it for localhost" in text
    assert "SITE_URL" in text
    assert "Host header" in text
    assert "ookies" not in text


def test_hostile_origin_is_escaped(browser):
    text = log_in(browser, host="localhost", origin="http://<script>").content.decode()
    assert "http://&lt;script&gt;" in text
    assert "<script>" not in text


def test_form_without_cookies_asks_for_them(browser):
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", CREDENTIALS)
    assert response.status_code == 403
    assert "This site needs cookies" in response.content.decode()


def test_form_with_an_old_token_has_expired(browser):
    response = log_in(browser, with_token=False)
    assert response.status_code == 403
    assert "this form has expired" in response.content.decode()


def test_program_gets_json(browser):
    response = browser.post("/direct/1/", headers={"accept": "application/json"})
    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"


def test_form_with_the_token_is_accepted(browser):
    assert log_in(browser, host="localhost", origin="http://localhost").status_code == 200
