"""Logging in and out with a password, as a browser does."""

import httpx
import msgspec
from msgspec import Struct, field

from chatsite_client import paths
from chatsite_client.credentials import Credentials, origin_of
from chatsite_client.errors import LoginRefused, Unreachable, unreachable
from chatsite_client.i18n import accepted_languages
from chatsite_client.i18n import gettext as _

TIMEOUT = 60.0  # passwords are checked one after the other


class _Field(Struct):
    errors: list[str] = field(default_factory=list)


class _Form(_Field):
    fields: dict[str, _Field] = field(default_factory=dict)


class _Answer(Struct):
    """The site's response to a form: the next page, or the form with its errors."""

    location: str = ""
    form: _Form = field(default_factory=_Form)


async def log_in(url: str, username: str, password: str) -> Credentials:
    """Return the credentials of a new session. Raises LoginRefused or Unreachable."""
    async with _browser(url) as browser:
        await _request(browser, "GET", paths.LOGIN)
        fields = {"login": username, "password": password, "remember": "on"}
        next_page = await _submit(browser, paths.LOGIN, fields)
        if next_page == paths.SUSPENDED:
            raise LoginRefused(_("This account is suspended."))
        if (await _request(browser, "GET", paths.ME)).status_code != 200:
            text = _("The site asks for more than a password. Log in at {url} and create an API token.")
            raise LoginRefused(text.format(url=url))
        return Credentials(session=browser.cookies["sessionid"])


async def log_out(url: str, credentials: Credentials) -> None:
    """End the session of a password login. A token stays valid until it is revoked on the site.

    Raises Unreachable if the session may not have ended.
    """
    if not credentials.session:
        return
    async with _browser(url) as browser:
        browser.headers.update(credentials.headers(url))
        response = await _request(browser, "POST", paths.LOGOUT)
    if response.status_code >= 400:
        text = _("{url} refused to end the session, with status {status}.")
        raise Unreachable(text.format(url=url, status=response.status_code))


def _browser(url: str) -> httpx.AsyncClient:
    headers = {
        "Accept": "application/json",
        "Accept-Language": accepted_languages(),  # afterwards, the account's language counts
        "Origin": origin_of(url),
        "Referer": f"{url}{paths.LOGIN}",
    }
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT)


async def _submit(browser: httpx.AsyncClient, path: str, fields: dict[str, str]) -> str:
    """Submit a form and return the address of the next page. Raises LoginRefused with the form's errors."""
    headers = {"X-CSRFToken": browser.cookies.get("csrftoken", "")}
    response = await _request(browser, "POST", path, data=fields, headers=headers)
    if response.status_code == 429:
        raise LoginRefused(_("There were too many failed attempts. Try again later."))
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except msgspec.DecodeError:
        raise Unreachable(
            _("{url} isn’t a Chatsite that this client can log in to.").format(url=browser.base_url)
        ) from None
    if response.status_code >= 400:
        raise LoginRefused(" ".join(_errors(answer.form)) or _("The login was refused."))
    return answer.location


def _errors(form: _Form) -> list[str]:
    return [error for errors in [form.errors, *(field.errors for field in form.fields.values())] for error in errors]


async def _request(browser: httpx.AsyncClient, method: str, path: str, **options: object) -> httpx.Response:
    try:
        return await browser.request(method, path, **options)  # type: ignore[arg-type]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise unreachable(browser.base_url, error) from None
