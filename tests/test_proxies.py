"""X-Forwarded-Proto is only accepted from trusted proxies."""

import httpx
import pytest

from tests.server import run_site

pytestmark = pytest.mark.slow

SITE_URL = "https://127.0.0.1"


@pytest.fixture
def login_page(tmp_path):
    """Return a function that starts a site that trusts a proxy, and requests a page as this machine, over HTTP."""

    def get(proxy: str) -> httpx.Response:
        settings = {"TRUSTED_PROXIES": proxy, "SITE_URL": SITE_URL}
        with run_site("uvicorn", tmp_path / "site.sqlite3", tmp_path, **settings) as site:
            return httpx.get(f"{site.url}/accounts/login/", headers={"X-Forwarded-Proto": "https"}, timeout=60)

    return get


def test_header_of_another_address_is_ignored(login_page):
    response = login_page("192.0.2.1")
    assert (response.status_code, response.headers["location"]) == (301, f"{SITE_URL}/accounts/login/")
    assert "strict-transport-security" not in response.headers


def test_header_of_a_trusted_proxy_is_applied(login_page):
    response = login_page("127.0.0.1")
    assert response.status_code == 302  # to the setup page
    assert response.headers["strict-transport-security"] == "max-age=31536000"  # excludes subdomains by default
