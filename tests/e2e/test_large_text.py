"""With text at 200 %, everything still fits on a phone, and no button's text is cut."""

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import PHONE, BrowserSession
from tests.e2e.test_accessibility import room, url_values  # noqa: F401
from tests.e2e.test_width import fits
from tests.factories import make_user
from tests.pages import FOR_MEMBERS, SIGNED_OUT

# Before any script of the page runs, as for people who have set a large text.
ENLARGE = """document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive") document.documentElement.style.fontSize = "32px";
})"""
SETTLE = """async () => {
  const isEnding = (animation) => animation.effect.getComputedTiming().endTime < 5000;
  await Promise.all(document.getAnimations().filter(isEnding).map((animation) => animation.finished.catch(() => {})));
  await new Promise(requestAnimationFrame);
}"""
# Returns the texts of buttons that are cut off. Names may be truncated, and lists may scroll.
CUT = r"""() => {
  const cut = new Set();
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[inert], .sr-only");
  for (const button of document.querySelectorAll("button, .button, [role=button], input[type=submit]")) {
    if (!shown(button)) continue;
    const walker = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      if (!text.data.trim() || !shown(text.parentElement) || text.parentElement.closest("[dir=auto], bdi, kbd")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right, width } = range.getBoundingClientRect();
      if (!width) continue;
      for (let box = text.parentElement; box && !["auto", "scroll"].includes(getComputedStyle(box).overflowX); box = box.parentElement) {
        const isClipping = box === button || getComputedStyle(box).overflowX !== "visible" || box === document.documentElement;
        if (!isClipping || getComputedStyle(box).display.startsWith("inline")) continue;
        const edges = box === document.documentElement ? { left: 0, right: innerWidth } : box.getBoundingClientRect();
        if (left < edges.left - 1 || right > edges.right + 1) cut.add(`${text.data.trim()} (by ${box.localName}.${box.className})`);
      }
    }
    if (button.localName === "input" && button.scrollWidth > button.clientWidth + 1) cut.add(button.value);
  }
  return [...cut];
}"""


@pytest.fixture
def visit_large(visit, uvicorn):
    def visit_large(user=None) -> BrowserSession:
        visitor = visit(uvicorn, user, viewport=PHONE)
        visitor.watch.allow("status of 404|status of 410")
        visitor.context.add_init_script(ENLARGE)
        return visitor

    return visit_large


def check(page: Page, where: str, findings: list[str]) -> None:
    page.wait_for_function("getComputedStyle(document.documentElement).fontSize === '32px'")
    page.evaluate(SETTLE)
    try:
        fits(page)
    except AssertionError as error:
        findings.append(f"{where}: {error}")
    findings += [f"{where}: {text}" for text in page.evaluate(CUT)]


def test_pages_of_visitors(visit_large, room):  # noqa: F811
    visitor, findings = visit_large(), []
    for path in SIGNED_OUT:
        visitor.page.goto(path.format(**url_values(room)))
        check(visitor.page, path, findings)
    assert not findings, "\n".join(findings)


def test_pages_of_members(visit_large, room):  # noqa: F811
    make_user("deputy", is_superuser=True)  # the last superuser doesn't see the form for deleting an account
    visitor, findings = visit_large(room.created_by), []
    for path in FOR_MEMBERS:
        visitor.page.goto(path.format(**url_values(room)))
        check(visitor.page, path, findings)
    assert not findings, "\n".join(findings)


def test_the_chat_its_panels_and_dialogs(visit_large, room):  # noqa: F811
    visitor, findings = visit_large(room.created_by).open(room), []
    page = visitor.page
    check(page, "chat", findings)
    page.locator("[data-sheet=rooms]").click()
    check(page, "sidebar", findings)
    page.locator("[data-action=status]").click()
    check(page, "status", findings)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Settings", exact=True).first.click()
    for link in ("Sessions", "Privacy"):
        visitor.panel.get_by_role("link", name=link).first.click()
        page.wait_for_load_state("networkidle")
        check(page, f"panel with {link}", findings)
    visitor.open(room)
    page.get_by_role("button", name="Room menu").click()
    check(page, "room menu", findings)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Room details", exact=True).click()
    page.locator("room-info dl").wait_for()
    check(page, "room details", findings)
    page.locator("room-info [data-action=files]").click()
    page.locator("#room-files[open]").wait_for()
    check(page, "files", findings)
    page.keyboard.press("Escape")
    page.locator("room-info [data-sheet-close]").click()
    page.get_by_role("button", name="Show formatting").click()
    check(page, "formatting", findings)
    page.get_by_role("button", name="Formatting help").click()
    check(page, "formatting help", findings)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator(".switcher[open] [role=option]").first.wait_for()
    check(page, "switcher", findings)
    page.keyboard.press("Escape")
    message = page.locator(".msg").last
    message.hover()
    message.locator('.tools [data-action="more"]').click()
    check(page, "menu of a message", findings)
    page.keyboard.press("Escape")
    for action in ("delete", "report", "person"):
        visitor.use_tool_of(message, action)
        page.locator(".dialog[open]").wait_for()
        check(page, action, findings)
        page.keyboard.press("Escape")
    assert not findings, "\n".join(findings)
