"""All pages in the pseudo-locale. All of our texts are translated, and longer words still fit on a phone."""

import shutil
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Page

from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import room, url_values  # noqa: F401
from tests.e2e.test_width import fits
from tests.factories import make_member
from tests.pages import FOR_MEMBERS, SIGNED_OUT
from tests.pseudo_locale import build
from tests.server import Site, collected, run_site

# Texts without an accent that users did not write, which means that they were not looked up in the catalog.
UNTRANSLATED = r"""() => {
  const theirs =
    "[dir=auto], bdi, a[data-room], code, kbd, pre, time, script, style, noscript, template, datalist, [lang=en], .logo, .msg__body, .avatar";
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) || element.closest(".sr-only");
  const isForeign = (text) => /\p{L}{2,}/u.test(text) && !/[ÅÉÎÖÛÝåçéîñöûý⟦⟧~]/.test(text);
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (isForeign(data) && !parent.closest(theirs) && isShown(parent)) found.add(data.trim());
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const text = element.getAttribute(name);
      if (isForeign(text) && !element.closest(`${theirs}, svg`) && isShown(element)) found.add(`${name}: ${text}`);
    }
  }
  return [...found];
}"""
# Django's and allauth's own texts, names of formats, and texts chosen by the tests' users.
NOT_OURS = ("PDF", "Chatsite", "Django", "en-xa", "English", "axe", "Alt")
MEMBERS_PAGES = [
    path for path in FOR_MEMBERS if not path.startswith("/admin/") or path == "/admin/reports/active-users/"
]


@pytest.fixture(scope="module")
def pseudo_site(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Site]:
    """A server that responds in en-XA to browsers that request it. It doesn't run beside that of other tests (see `uvicorn`)."""
    locales = build(tmp_path_factory.mktemp("locales"))
    data_dir = tmp_path_factory.mktemp("pseudo")
    shutil.copytree(collected(), data_dir / "static")
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    with run_site("uvicorn", database, data_dir, LOCALE_DIR=str(locales)) as site:
        yield site


@pytest.fixture
def visit_phone(pseudo_site, transactional_db, everyone, enter, visit):
    def visit_phone(user=None) -> BrowserSession:
        options = {"viewport": PHONE, "locale": "en-XA"}
        return enter(pseudo_site, user, **options) if user else visit(pseudo_site, **options)

    return visit_phone


def check(page: Page, where: str, findings: list[str]) -> None:
    findings += [f"{where}: {text}" for text in page.evaluate(UNTRANSLATED) if not text.endswith(NOT_OURS)]
    fits(page)


def test_pages_of_members(visit_phone, room):  # noqa: F811
    session = visit_phone(room.created_by)
    session.watch.allow("status of 404")
    findings: list[str] = []
    for path in MEMBERS_PAGES:
        session.page.goto(path.format(**url_values(room)))
        assert session.page.locator("html").get_attribute("lang") == "en-xa", path
        if not path.startswith("/admin/"):
            check(session.page, path, findings)
    assert not findings, "\n".join(findings)


def test_pages_of_visitors(visit_phone, room):  # noqa: F811
    session = visit_phone()
    session.watch.allow("status of 404|status of 410")
    findings: list[str] = []
    for path in SIGNED_OUT:
        session.page.goto(path.format(**url_values(room)))
        check(session.page, path, findings)
    assert not findings, "\n".join(findings)


def test_the_chat_and_its_dialogs(visit_phone, room, register):  # noqa: F811
    session = visit_phone(room.created_by).open(room)
    page, findings = session.page, []
    yuki = register("Yuki Sato")
    make_member(room, yuki)
    post_messages(room, yuki, "A short one")
    session.sees("A short one")
    check(page, "chat", findings)
    page.locator("[data-sheet=rooms]").click()
    check(page, "sidebar", findings)
    page.locator("[data-action=status]").click()
    check(page, "status dialog", findings)
    page.locator("[data-action=cancel-status]").click()
    page.locator("#rooms [data-sheet-close]").click()
    page.locator(".room__tools menu-button > button").click()
    check(page, "room menu", findings)
    page.keyboard.press("Escape")
    page.locator(".room__tools > [data-sheet]").click()
    page.locator("room-info h2").first.wait_for()
    check(page, "room details", findings)
    page.locator("room-info [data-action=files]").click()
    page.locator("#room-files[open]").wait_for()
    check(page, "files", findings)
    page.locator("#room-files [data-action=close]").click()
    page.locator("room-info [data-sheet-close]").click()
    page.locator("[data-action=format]").click()
    page.locator("[data-action=formatting-help]").click()
    check(page, "formatting", findings)
    page.keyboard.press("Escape")
    session.field.fill("/who")
    session.field.press("Enter")
    page.locator("#online[open] ul").wait_for()
    check(page, "online", findings)
    page.keyboard.press("Escape")
    message = session.message("A short one")
    message.hover()
    message.locator('.tools [data-action="more"]').click()
    check(page, "menu of a message", findings)
    page.keyboard.press("Escape")
    for action in ("delete", "report", "person"):
        session.use_tool_of(message, action)
        page.locator(".dialog[open]").wait_for()
        check(page, action, findings)
        page.keyboard.press("Escape")
    assert not findings, "\n".join(findings)
