"""Browser sessions, with actions and expectations for tests of the chat page."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from accounts.models import User
from rooms.models import Room
from tests.e2e.console import FaultWatcher
from tests.live_client import session_of

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# The texts in order, without the “edited” mark.
TEXTS = """(bodies) => bodies.map((body) => {
  const copy = body.cloneNode(true);
  copy.querySelectorAll(".is-edited").forEach((mark) => mark.remove());
  return copy.textContent.trim();
})"""


class BrowserSession:
    """A separate browser profile with one open tab, logged in if `user` is given."""

    def __init__(self, browser: Browser, url: str, user: User | None = None, **options: Any) -> None:
        self.url = url
        self.user = user
        self.context: BrowserContext = browser.new_context(
            **{
                "viewport": DESKTOP,
                "base_url": url,
                "locale": "en-GB",
                "timezone_id": "UTC",
                "reduced_motion": "reduce",
                # A worker would load files by requests that tests can't intercept.
                "service_workers": "block",
                **options,
            }
        )
        self.watch = FaultWatcher(self.context)
        self.watch.allow("Service Worker registration blocked by Playwright")
        if user is not None:
            self.context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": url, "httpOnly": True}])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(45_000)

    # -- navigation

    def open(self, where: Room | str = "/") -> "BrowserSession":
        """Load a page. The chat page counts as open once it is connected."""
        self.page.goto(where if isinstance(where, str) else where.get_absolute_url())
        if self.page.locator("body.is-chat").count():
            self.wait_until_live()
        return self

    def wait_until_live(self, page: Page | None = None) -> None:
        expect((page or self.page).locator("body")).to_have_attribute("data-connection", "live", timeout=45_000)

    def wait_until_offline(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-connection", "offline", timeout=45_000)

    def new_tab(self, where: Room | str) -> Page:
        page = self.context.new_page()
        page.goto(where if isinstance(where, str) else where.get_absolute_url())
        return page

    def row(self, name: str, page: Page | None = None) -> Locator:
        """Return a room or user in the sidebar."""
        rows = (page or self.page).locator("room-list a.room-row[data-room]")
        return rows.filter(has=(page or self.page).locator(".row__name", has_text=re.compile(f"^{re.escape(name)}$")))

    def go_to(self, name: str) -> None:
        self.row(name).click()
        expect(self.heading).to_have_text(name)

    @property
    def heading(self) -> Locator:
        return self.page.locator(".room__name")

    # -- posting

    @property
    def field(self) -> Locator:
        """The message field of the conversation."""
        return self.page.locator("main message-composer textarea")

    def send(self, text: str) -> None:
        """Send a message. A space after a mention at its end says that it is complete, so that Enter doesn't complete it."""
        self.field.fill(f"{text} " if re.search(r"[@#]\S+$", text) else text)
        self.field.press("Enter")

    def edit(self, old: str, new: str) -> None:
        self.use_tool(old, "edit")
        editor = self.page.get_by_label("Edit message")
        editor.fill(new)
        editor.press("Enter")
        expect(editor).to_have_count(0)

    def delete(self, text: str) -> None:
        self.use_tool(text, "delete")
        self.confirm("Delete")

    def use_tool(self, text: str, action: str) -> None:
        self.use_tool_of(self.message(text), action)

    def use_tool_of(self, message: Locator, action: str) -> None:
        """Use a tool of a message's toolbar or of the menu behind it."""
        message.hover()
        tool = message.locator(f'.tools [data-action="{action}"]')
        if tool.is_hidden():
            message.locator('.tools [data-action="more"]').click()
            tool = self.menu.locator(f'[data-action="{action}"]')
        tool.click()

    @property
    def menu(self) -> Locator:
        """The open menu of a message."""
        return self.page.locator("#message-menu[open]")

    @property
    def panel(self) -> Locator:
        """The open panel with a page over the conversation."""
        return self.page.locator("dialog.panel[open]")

    @property
    def thread(self) -> Locator:
        """The open thread."""
        return self.page.locator("thread-panel:not([hidden])")

    def confirm(self, button: str) -> None:
        """Click a button of the confirmation dialog."""
        self.page.locator("#question[open]").get_by_role("button", name=button).click()

    # -- expectations

    def message(self, text: str) -> Locator:
        body = self.page.locator(".msg__body", has_text=re.compile(f"^\\s*{re.escape(text)}(\\s*edited)?\\s*$"))
        return self.page.locator("main message-log .msg").filter(has=body)

    @property
    def texts(self) -> list[str]:
        return self.page.locator("main message-log .msg .msg__body").evaluate_all(TEXTS)

    def sees(self, text: str) -> None:
        expect(self.message(text)).to_have_count(1)

    def sees_no(self, text: str) -> None:
        expect(self.message(text)).to_have_count(0)

    def sees_all_sent(self) -> None:
        self.page.evaluate("() => new Promise(requestAnimationFrame)")  # a message is drawn before the next frame
        expect(self.page.locator(".msg.is-pending, .msg.is-failed")).to_have_count(0, timeout=45_000)

    @property
    def notices(self) -> Locator:
        return self.page.locator(".notices.is-floating")

    def presence_of(self, user: User) -> Locator:
        """Return the avatar in the room's details; its data-status is the person's presence."""
        return self.page.locator(f'room-info [data-person="{user.pk}"] .avatar')
