"""Logging in and out with a password, as a browser does."""

from collections.abc import Awaitable, Callable

import httpx

from chatsite_client import paths
from chatsite_client.credentials import Credentials, origin_of
from chatsite_client.errors import LoginRefused, Unreachable

TIMEOUT = 60.0  # passwords are checked one after the other


async def log_in(
    url: str, username: str, password: str, *, ask_code: Callable[[], Awaitable[str]] | None = None
) -> Credentials:
    """Return the credentials of a new session. Raises LoginRefused or Unreachable.

    `ask_code` is called if the site asks for the code of a second factor.
    """
    async with _browser(url) as browser:
        await _request(browser, "GET", paths.LOGIN)
        fields = {"login": username, "password": password, "remember": "on"}
        answer = await _submit(browser, paths.LOGIN, fields)
        if paths.SECOND_FACTOR in answer:
            if ask_code is None:
                raise LoginRefused("The site asks for a code. Use a token instead of the password.")
            await _submit(browser, paths.SECOND_FACTOR, {"code": await ask_code()})
        session = browser.cookies.get("sessionid")
    if not session:
        raise LoginRefused("The site didn’t log you in. Log in with a browser to see why.")
    return Credentials(session=session)


async def log_out(url: str, credentials: Credentials) -> None:
    """End the session of a password login. A token stays valid until it is revoked on the site."""
    if not credentials.session:
        return
    async with _browser(url) as browser:
        browser.headers.update(credentials.headers(url))
        await _request(browser, "POST", paths.LOGOUT)


def _browser(url: str) -> httpx.AsyncClient:
    headers = {"Accept": "application/json", "Origin": origin_of(url), "Referer": f"{url}{paths.LOGIN}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)


async def _submit(browser: httpx.AsyncClient, path: str, fields: dict[str, str]) -> str:
    """Submit a form and return the address of the next page. Raises LoginRefused with the form's errors."""
    headers = {"X-CSRFToken": browser.cookies.get("csrftoken", "")}
    response = await _request(browser, "POST", path, data=fields, headers=headers)
    if response.status_code == 429:
        raise LoginRefused("There were too many failed attempts. Try again later.")
    try:
        answer = response.json()
    except ValueError:
        raise Unreachable(f"{browser.base_url} isn’t a Chatsite that this client can log in to.") from None
    if response.status_code >= 400:
        raise LoginRefused(" ".join(_errors(answer)) or "The login was refused.")
    return str(answer.get("location", ""))


def _errors(answer: dict[str, dict[str, object]]) -> list[str]:
    form = answer.get("form", {})
    fields = form.get("fields", {})
    own = [field.get("errors", []) for field in fields.values()] if isinstance(fields, dict) else []
    return [str(error) for errors in [form.get("errors", []), *own] if isinstance(errors, list) for error in errors]


async def _request(browser: httpx.AsyncClient, method: str, path: str, **options: object) -> httpx.Response:
    try:
        return await browser.request(method, path, **options)  # type: ignore[arg-type]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{browser.base_url} can’t be reached: {error or type(error).__name__}.") from None
