"""Formatted messages: tables, task lists, spoilers, emoji and links to the site's own rooms."""

from playwright.sync_api import expect

from rooms.actions import create_room
from rooms.models import Membership, Room
from tests.e2e.browser import PHONE
from tests.e2e.conftest import post_messages

TABLE = "| Item | Price | Note |\n|---|---:|:-:|\n| Bread | 3.20 | " + "verylong" * 20 + "|"

# The distance from the left edge of the element's first character to that of the last one.
ADVANCE = """(element) => {
  const [{ x: first }, { x: last }] = [0, element.firstChild.length - 1].map((at) => {
    const range = document.createRange();
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + 1);
    return range.getBoundingClientRect();
  });
  return last - first;
}"""


def test_tables_keep_the_alignment_of_their_columns_and_scroll(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), TABLE)
    page = enter(uvicorn, "Ana Ferreira", viewport=PHONE).open(everyone).page
    frame = page.get_by_role("region", name="Table")
    aligned = frame.locator("td").evaluate_all("(cells) => cells.map((cell) => getComputedStyle(cell).textAlign)")
    assert [each.removeprefix("-webkit-") for each in aligned] == ["left", "right", "center"]
    frame.press("ArrowRight")
    expect(frame).not_to_have_js_property("scrollLeft", 0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_code_is_left_to_right_in_a_message_from_right_to_left(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), "שלום `f(x):` עולם\n```\n}()\n```")
    body = enter(uvicorn, "Ana Ferreira").open(everyone).page.locator(".msg__body")
    assert body.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    assert body.locator("p code").evaluate(ADVANCE) > 0
    assert body.locator("pre code").evaluate(ADVANCE.replace("length - 1", "length - 2")) > 0  # before the line break


def test_each_paragraph_has_its_own_direction(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), "Hello.\n\nשלום!\n\n- One.\n- אחד!\n\n> ציטוט!")
    body = enter(uvicorn, "Ana Ferreira").open(everyone).page.locator(".msg__body")
    directions = [(each.inner_text().strip(), each.evaluate(ADVANCE) > 0) for each in body.locator("p, li").all()]
    assert directions == [("Hello.", True), ("שלום!", False), ("One.", True), ("אחד!", False), ("ציטוט!", False)]


def test_quote_above_the_field_keeps_the_direction_of_the_name_and_of_the_text(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), "مرحبا 123.")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.use_tool("مرحبا 123.", "reply")
    name, text = ana.page.locator(".composer__quote bdi").all()
    expect(ana.page.locator(".composer__quote")).to_have_text("Bo Lund: مرحبا 123.")
    assert (name.evaluate(ADVANCE) > 0, text.evaluate(ADVANCE) > 0) == (True, False)


def test_tasks_are_read_aloud_with_their_state(uvicorn, enter, register, everyone):
    post_messages(everyone, register("Bo Lund"), "- [x] bread\n- [ ] milk")
    page = enter(uvicorn, "Ana Ferreira").open(everyone).page
    expect(page.get_by_role("checkbox", name="Completed task")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Incomplete task")).not_to_be_checked()
    expect(page.get_by_role("checkbox", disabled=True)).to_have_count(2)


def test_a_spoiler_is_hidden_until_it_is_opened(uvicorn, enter, register, everyone):
    bo = enter(uvicorn, "Bo Lund").open(everyone)
    bo.send("It was ||the [butler](https://x.example/)|| again")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    spoiler = ana.page.get_by_role("button", name="Show spoiler")
    expect(spoiler).to_be_visible()
    expect(ana.page.get_by_role("link", name="butler")).to_have_count(0)
    assert "butler" not in ana.page.locator("message-log").inner_text()
    ana.page.locator(".msg").hover()
    ana.page.locator('.tools [data-action="reply"]').click()
    expect(ana.page.locator(".composer__quote")).to_have_text("Bo Lund: It was ▒▒▒▒ again")
    ana.send("No!")
    expect(ana.page.locator(".reply__text").last).to_have_text("It was ▒▒▒▒ again")
    assert "butler" not in ana.page.locator("body").inner_text()

    spoiler.focus()
    spoiler.press("Enter")
    expect(ana.page.get_by_role("link", name="butler")).to_be_visible()
    expect(ana.page.locator(".spoiler")).to_be_focused()
    expect(spoiler).to_have_count(0)
    bo.page.get_by_role("button", name="Show spoiler").click()
    expect(bo.page.get_by_role("link", name="butler")).to_be_visible()


def test_a_change_beside_the_text_keeps_what_was_opened_focused_and_selected(uvicorn, enter, register, everyone):
    author = register("Bo Lund")
    post_messages(everyone, author, "It was ||the butler|| again")
    bo = enter(uvicorn, author).open(everyone)
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.get_by_role("button", name="Show spoiler").click()
    ana.page.locator(".msg__time a").focus()
    ana.page.locator(".spoiler__text").evaluate("(text) => getSelection().selectAllChildren(text)")
    bo.page.locator(".msg").click(button="right")
    bo.menu.get_by_role("menuitem", name="👍").click()
    bo.page.locator(".msg").hover()
    bo.page.locator('.tools [data-action="reply"]').click()
    bo.send("No!")
    expect(ana.page.locator(".msg").first).to_contain_text("1 reply")
    expect(ana.page.locator(".reaction[data-emoji]")).to_have_count(1)
    expect(ana.page.get_by_role("button", name="Show spoiler")).to_have_count(0)
    expect(ana.page.locator(".msg__time a").first).to_be_focused()
    assert ana.page.evaluate("getSelection().toString()") == "the butler"


def test_emoji_without_text_are_larger(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.send("👍🏽 🎉")
    ana.send("👍🏽 yes")
    ana.sees_all_sent()
    sizes = ana.page.locator(".msg__body").evaluate_all(
        "(all) => all.map((each) => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert sizes[0] > 2 * sizes[1]


def test_links_to_own_rooms_show_their_names_and_open_in_the_page(uvicorn, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    design = create_room(owner=bo, name="Design", kind=Room.Kind.PUBLIC)
    secret = create_room(owner=bo, name="Secret plans", kind=Room.Kind.PRIVATE)
    Membership.objects.create(room=design, user=ana)
    post_messages(design, bo, "First", "Second")
    urls = [f"{uvicorn.url}/rooms/{pk}/" for pk in (design.pk, secret.pk)]
    post_messages(everyone, bo, f"{urls[0]} {urls[0]}messages/1/ {urls[1]} [see]({urls[0]})")
    at_ana = enter(uvicorn, ana).open(everyone)
    links = at_ana.page.locator(".msg__body a")
    expect(links).to_have_text(["#Design", "#Design › message", urls[1], "see"])
    at_ana.page.evaluate("window.isSamePage = true")
    links.nth(1).click()
    expect(at_ana.heading).to_have_text("Design")
    expect(at_ana.message("First")).to_be_in_viewport()
    assert at_ana.page.url.endswith(f"/rooms/{design.pk}/messages/1/")
    assert at_ana.page.evaluate("window.isSamePage")
