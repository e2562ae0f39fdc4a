"""The emoji picker of the message field."""

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.test_accessibility import Inspector


@pytest.fixture
def ana(uvicorn, enter, everyone) -> BrowserSession:
    return enter(uvicorn, "Ana Ferreira").open(everyone)


def open_picker(visitor: BrowserSession) -> Locator:
    visitor.page.get_by_role("button", name="Add emoji").click()
    picker = visitor.page.get_by_role("dialog", name="Add emoji")
    expect(picker.get_by_role("grid", name="Emoji")).to_be_visible()
    return picker


def test_an_emoji_is_picked_by_keyboard_and_inserted_at_the_caret(ana):
    page, keyboard = ana.page, ana.page.keyboard
    ana.field.fill("Well done!")
    ana.field.press("ArrowLeft")
    picker = open_picker(ana)
    search = picker.get_by_role("textbox", name="Search emoji")
    expect(search).to_be_focused()
    keyboard.press("ArrowDown")
    expect(picker.get_by_role("gridcell", name="thumbs up").first).to_be_focused()
    keyboard.press("End")
    expect(picker.get_by_role("gridcell", name="check mark button").first).to_be_focused()
    keyboard.press("ArrowDown")  # the next section
    keyboard.press("Home")
    expect(picker.get_by_role("gridcell", name="grinning face", exact=True)).to_be_focused()
    keyboard.press("ArrowRight")
    expect(picker.locator(".emoji-picker__preview")).to_have_text("😃grinning face with big eyes :smiley:")
    keyboard.press("Control+End")
    expect(picker.get_by_role("gridcell", name="flag: Wales")).to_be_focused()
    keyboard.type("part")
    expect(search).to_be_focused()
    expect(search).to_have_value("part")
    expect(picker.get_by_role("status")).to_contain_text("emoji found")
    keyboard.type("y pop")
    expect(picker.get_by_role("gridcell")).to_have_count(1)
    keyboard.press("Enter")
    expect(picker).to_have_count(0)
    expect(ana.field).to_be_focused()
    expect(ana.field).to_have_value("Well done🎉!")
    keyboard.press("Control+z")
    expect(ana.field).to_have_value("Well done!")
    open_picker(ana)
    expect(page.get_by_role("rowgroup", name="Frequently used").get_by_role("gridcell").first).to_have_text("🎉")


def test_escape_closes_the_picker_and_returns_the_focus(ana):
    ana.field.fill("Kept")
    picker = open_picker(ana)
    ana.page.keyboard.type("cat")
    ana.page.keyboard.press("Escape")
    expect(picker).to_have_count(0)
    expect(ana.page.get_by_role("button", name="Add emoji")).to_be_focused()
    expect(ana.field).to_have_value("Kept")


def test_there_are_few_tab_stops(ana):
    picker = open_picker(ana)
    keyboard = ana.page.keyboard
    keyboard.press("Tab")
    expect(picker.get_by_role("button", name="Frequently used")).to_be_focused()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    keyboard.press("Enter")
    expect(picker.get_by_role("button", name="People and body")).to_be_focused()
    expect(picker.get_by_role("button", name="People and body")).to_have_attribute("aria-current", "true")
    expect(picker.get_by_role("gridcell", name="waving hand")).to_be_in_viewport()
    keyboard.press("Tab")
    expect(picker.get_by_role("gridcell", name="waving hand")).to_be_focused()
    keyboard.press("Tab")
    expect(picker.get_by_role("radio", name="No skin tone")).to_be_focused()


def test_the_skin_tone_is_remembered(ana):
    picker = open_picker(ana)
    picker.get_by_role("radio", name="Medium skin tone", exact=True).check()
    ana.page.keyboard.press("Escape")
    ana.page.reload()
    picker = open_picker(ana)
    expect(picker.get_by_role("radio", name="Medium skin tone", exact=True)).to_be_checked()
    picker.get_by_role("textbox").fill(":clap:")
    picker.get_by_role("gridcell", name="clapping hands").click()
    expect(ana.field).to_have_value("👏🏽")


def test_nothing_found_says_so(ana):
    picker = open_picker(ana)
    ana.page.keyboard.type("zzzz")
    expect(picker.get_by_role("status")).to_have_text("No emoji found")
    expect(picker.get_by_role("gridcell")).to_have_count(0)
    ana.page.keyboard.press("Enter")
    expect(picker).to_be_visible()


def test_on_a_phone_it_is_a_sheet_that_the_back_button_closes(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira", viewport=PHONE, has_touch=True, is_mobile=True).open(everyone)
    picker = open_picker(ana)
    expect(picker.get_by_role("textbox", name="Search emoji")).not_to_be_focused()  # no keyboard covers the emoji
    box, cell = picker.bounding_box(), picker.get_by_role("gridcell").first.bounding_box()
    assert box and cell
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, PHONE["width"], PHONE["height"])
    assert min(cell["width"], cell["height"]) >= 40
    ana.page.go_back()
    expect(picker).to_have_count(0)
    expect(ana.heading).to_have_text("Everyone")
    open_picker(ana).get_by_role("gridcell", name="red heart").first.tap()
    expect(ana.field).to_have_value("❤️")


def test_from_right_to_left_the_arrows_follow_the_eye(ana):
    ana.page.evaluate("document.documentElement.dir = 'rtl'")
    picker = open_picker(ana)
    button, box = ana.page.get_by_role("button", name="Add emoji").bounding_box(), picker.bounding_box()
    assert button
    assert box
    assert abs(box["x"] + box["width"] - button["x"] - button["width"]) < 2
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("ArrowLeft")
    expect(picker.get_by_role("gridcell", name="red heart").first).to_be_focused()
    ana.page.keyboard.press("ArrowRight")
    expect(picker.get_by_role("gridcell", name="thumbs up").first).to_be_focused()


@pytest.mark.parametrize("width", [320, 390])
def test_with_enlarged_text_nothing_is_cut_off(uvicorn, enter, everyone, width):
    ana = enter(uvicorn, "Ana Ferreira", viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    ana.open(everyone)
    ana.page.evaluate("document.documentElement.style.fontSize = '200%'")
    picker = open_picker(ana)
    for control in (
        picker.get_by_role("button", name="Flags"),
        picker.get_by_role("radio", name="Dark skin tone", exact=True),
    ):
        expect(control).to_be_in_viewport(ratio=1)
    assert picker.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_picker_is_accessible(uvicorn, enter, everyone, view):
    ana = enter(uvicorn, "Ana Ferreira", viewport=view)
    inspector = Inspector(ana)
    ana.open(everyone)
    picker = open_picker(ana)
    views = ((view, "light"), (view, "dark"))
    inspector.check("picker", views)
    picker.get_by_role("textbox").fill("cat")
    inspector.check("found", views)
    assert inspector.findings == []


def test_the_first_visit_loads_no_emoji(ana):
    requests: list[str] = []
    ana.page.on("request", lambda request: requests.append(request.url))
    ana.page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    ana.page.reload()
    ana.wait_until_live()
    assert not [url for url in requests if "emoji" in url and url.endswith(".js")]
    open_picker(ana)
    assert [url for url in requests if "/vendor/emojibase/emoji" in url]
