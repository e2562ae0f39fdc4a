"""Screenshots of every page, and of the chat's states, menus, dialogs and panels, for reviewing the look."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError

from tests.pages import FOR_MEMBERS, SIGNED_OUT

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOOKS = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]
REFUSED_FORMS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/change/", "/rooms/new/", "/invitations/"]
# Colors take several frames to change with the theme, because a transition of a child starts after its parent's.
SETTLE = """async () => {
  for (let still = 0, frame = 0; still < 5 && frame < 300; frame += 1) {
    await new Promise(requestAnimationFrame);
    still = document.getAnimations().length ? 0 : still + 1;
  }
}"""
State = Callable[[Page], None]


class Album:
    """Takes screenshots of pages in every combination of window size and color scheme."""

    def __init__(self, browser: Browser, url: str, folder: Path, *, direction: str = "ltr") -> None:
        self.folder = folder
        self.context = browser.new_context(base_url=url, viewport=DESKTOP, reduced_motion="reduce")
        if direction == "rtl":
            self.context.add_init_script("addEventListener('DOMContentLoaded', () => { document.dir = 'rtl'; })")
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)

    def log_in(self, username: str, password: str) -> None:
        self.page.goto("/accounts/login/")
        self.page.locator("[name=login]").fill(username)
        self.page.locator("[name=password]").fill(password)
        self.page.keyboard.press("Enter")
        wait_until_live(self.page)

    def take(self, name: str, looks: list = LOOKS) -> None:
        for size, scheme in looks:
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(SETTLE)
            device = "desktop" if size is DESKTOP else "phone"
            self.page.screenshot(path=self.folder / f"{file_name(name)}.{device}-{scheme}.png")
        self.page.set_viewport_size(looks[0][0])

    def take_pages(self, addresses: list[str], values: dict[str, object]) -> None:
        for address in addresses:
            self.page.goto(address.format(**values))
            self.take(address)

    def take_refused_form(self, address: str) -> None:
        self.page.goto(address)
        self.page.locator("main form").first.evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
        self.page.wait_for_load_state("networkidle")
        self.take(f"{address} refused")

    def take_states(self, room: str, states: dict[str, State]) -> None:
        """Reload the room for each state and take a screenshot. Phone-only states have names starting with "phone"."""
        for name, reach in states.items():
            looks = [look for look in LOOKS if (look[0] is PHONE) == name.startswith("phone") or "every" in name]
            self.page.set_viewport_size(looks[0][0])
            self.page.goto(room)
            wait_until_live(self.page)
            try:
                reach(self.page)
            except TimeoutError as error:
                print(f"{name}: {error}")
            self.take(f"chat {name}", looks)
            self.context.set_offline(False)


def take_every_page(browser: Browser, url: str, password: str, values: dict, folder: Path, direction: str) -> None:
    """Take the screenshots as an admin. `values` fills the placeholders in the addresses."""
    visitor = Album(browser, url, folder, direction=direction)
    visitor.take_pages(SIGNED_OUT, values)
    for address in REFUSED_FORMS[:2]:
        visitor.take_refused_form(address)
    visitor.context.close()
    member = Album(browser, url, folder, direction=direction)
    member.log_in("ana", password)
    member.take_pages(FOR_MEMBERS, values)
    for address in REFUSED_FORMS[2:]:
        member.take_refused_form(address)
    member.take_states(f"/rooms/{values['room']}/", STATES)
    member.take_states(f"/rooms/{values['empty']}/", {"every empty room": lambda page: None})
    member.context.close()


def wait_until_live(page: Page) -> None:
    page.locator("body[data-connection=live]").wait_for()
    page.wait_for_load_state("networkidle")


def file_name(name: str) -> str:
    return re.sub(r"[^\w?=-]+", "-", name).strip("-")


def click(*names: str) -> State:
    """Return a function that clicks on the buttons or links with these names, one after the other."""

    def reach(page: Page) -> None:
        for name in names:
            role = page.get_by_role("button", name=name, exact=True).or_(
                page.get_by_role("link", name=name, exact=True)
            )
            role.and_(page.locator(":visible")).first.click()
        page.wait_for_load_state("networkidle")

    return reach


def press(*keys: str) -> State:
    def reach(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key) if "+" in key else page.keyboard.type(key)
        page.wait_for_load_state("networkidle")

    return reach


def search_everything(page: Page) -> None:
    press("Control+k", "de")(page)
    page.locator(".switcher[open] [role=option]").first.wait_for()


def use_tool(action: str, *, of: str = ".msg >> nth=-2") -> State:
    def reach(page: Page) -> None:
        message = page.locator(of)
        message.hover()
        message.locator('.tools [data-action="more"]').click()
        if action:
            page.locator(f'#message-menu[open] [data-action="{action}"]').click()

    return reach


def go_offline(page: Page) -> None:
    page.context.set_offline(True)
    page.locator("body[data-connection=offline]").wait_for(timeout=45_000)
    page.locator("message-composer textarea").fill("Written on the train")
    page.keyboard.press("Enter")


def read_formatting_help(page: Page) -> None:
    help_button = page.locator("[data-action=formatting-help]")
    if help_button.is_hidden():  # the bar stays open until it is closed
        page.locator("[data-action=format]").click()
    help_button.click()


def scroll_up(page: Page) -> None:
    page.locator(".log__scroll").evaluate("(log) => log.scrollTo(0, log.scrollHeight / 3)")


def open_rooms(page: Page) -> None:
    page.locator("[data-sheet=rooms]").click()


def pick_people(page: Page) -> None:
    page.goto("/direct/new/")
    page.get_by_role("combobox").first.press_sequentially("a")
    page.locator("people-picker [role=option]").first.wait_for()


STATES: dict[str, State] = {
    "every room": lambda page: None,
    "every room scrolled up": scroll_up,
    "every offline": go_offline,
    "room menu": click("Room menu"),
    "sort menu": click("Sort rooms"),
    "formatting": click("Show formatting"),
    "every formatting help": read_formatting_help,
    "every date": click("Room menu", "Jump to date"),
    "every message menu": use_tool(""),
    "every report": use_tool("report"),
    "every delete": use_tool("delete"),
    "every person": use_tool("person"),
    "every switcher": press("Control+k"),
    "every switcher with results": search_everything,
    "every switcher without results": press("Control+k", "zzzz"),
    "shortcuts": press("Control+/"),
    "status": lambda page: page.get_by_title("Set your status").click(),
    "online": lambda page: (page.get_by_label("Message", exact=True).fill("/who"), page.keyboard.press("Enter")),
    "files": click("Files"),
    "panel settings": click("Settings"),
    "panel browse": click("Browse rooms"),
    "panel members": click("Members"),
    "panel create room": click("Create room"),
    "every people picker": pick_people,
    "phone rooms": open_rooms,
    "phone details": click("Room details"),
    "phone room menu": click("Room menu"),
    "phone settings": lambda page: (open_rooms(page), click("Settings")(page)),
    "phone browse": lambda page: (open_rooms(page), click("Browse rooms")(page)),
}
