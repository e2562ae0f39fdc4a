"""Requests that hash passwords include those of every page with a password field."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import httpx
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import hashers
from django.contrib.auth.hashers import check_password, make_password
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.auth.hashing import hashes_passwords
from accounts.models import User
from tests.factories import log_in, make_user
from tests.server import run_site

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def paths(user: User, patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[str]:
    """Yield a path of each URL pattern, with the user's id and name as arguments."""
    values = {"int": user.pk, "path": user.pk, "str": user.username, "slug": "slug"}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix(r"\Z")
        for converter, value in values.items():
            while (start := route.find(f"<{converter}:")) >= 0:
                route = route[:start] + str(value) + route[route.index(">", start) + 1 :]
        if isinstance(pattern, URLResolver):
            yield from paths(user, pattern.url_patterns, route)
        else:
            yield route


def has_password_field(client: Client, path: str) -> bool:
    response = client.get(path)
    return response.status_code == 200 and not response.streaming and b'type="password"' in response.content


def test_every_page_with_a_password_field_is_a_hashing_view(everyone):
    root, member = make_user("root", is_staff=True, is_superuser=True), make_user("ana")
    new = make_user("bo")
    new.set_unusable_password()
    new.save()
    clients = [Client(), log_in(root), log_in(member), log_in(new)]
    for client in clients:
        client.raise_request_exception = False  # not all arguments fit
    found = {path for path in paths(member) if any(has_password_field(client, path) for client in clients)}
    assert len(found) >= 8
    assert {path for path in found if not hashes_passwords("POST", path)} == set()
    assert not any(hashes_passwords("GET", path) for path in found)


def test_setup_page_hashes_passwords():
    assert has_password_field(Client(), "/setup/")
    assert hashes_passwords("POST", "/setup/")


def test_password_reset_page_hashes_passwords(client):
    user = make_user("ana", email="ana@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.post("/accounts/password/reset/", {"email": "ana@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word).partition("testserver")[2]
    form = client.get(link)["Location"]
    assert has_password_field(client, form)
    assert hashes_passwords("POST", form)


@pytest.mark.parametrize("path", ["/", "/rooms/", "/people/", "/nowhere/", "/accounts/logout/", "/profile/"])
def test_other_pages_do_not_hash_passwords(path):
    assert not hashes_passwords("POST", path)


def test_password_is_hashed_in_one_thread_and_older_hashes_are_replaced(settings):
    settings.PASSWORD_HASHERS = ["accounts.auth.hashers.Argon2PasswordHasher"]
    assert ",p=1$" in make_password("correct horse")
    older, replaced = hashers.Argon2PasswordHasher().encode("correct horse", "salt" * 4), []
    assert ",p=8$" in older
    assert check_password("correct horse", older, replaced.append)
    assert replaced == ["correct horse"]


@pytest.mark.django_db(transaction=True)
def test_pages_do_not_wait_for_logins(everyone, tmp_path):
    """The logins come from different addresses, so all of them hash a password, with the real hasher."""
    make_user("ana")

    def log_in(number: int) -> None:
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        form = {"login": f"guess{number}", "password": "wrong", "csrfmiddlewaretoken": token}
        with httpx.Client(base_url=site.url, headers=headers, cookies={"csrftoken": token}, timeout=90) as browser:
            assert browser.post("/accounts/login/", data=form).status_code == 200

    database = connection.settings_dict["NAME"]
    with run_site("uvicorn", database, tmp_path, TRUSTED_PROXIES="127.0.0.1") as site, ThreadPoolExecutor(20) as pool:
        token = httpx.get(f"{site.url}/accounts/login/").cookies["csrftoken"]
        logins = [pool.submit(log_in, number) for number in range(20)]
        wait(logins, return_when=FIRST_COMPLETED)
        for _ in range(3):
            assert httpx.get(f"{site.url}/accounts/login/", timeout=90).status_code == 200
        assert sum(not login.done() for login in logins) >= 8
        for login in logins:
            login.result()
