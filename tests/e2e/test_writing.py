"""Aids for writing messages: shortcuts, lists, formatted pasting. All of them can be undone with the browser's own undo."""

import pytest
from playwright.sync_api import Locator, expect

from messaging.models import Message
from tests.e2e import files
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages

COPY = """async ({ html, text }) => {
  const items = { "text/plain": new Blob([text], { type: "text/plain" }) };
  if (html) items["text/html"] = new Blob([html], { type: "text/html" });
  await navigator.clipboard.write([new ClipboardItem(items)]);
}"""
MARKDOWN = """async (html) => (await import("chatsite/format/html_markdown.js")).markdownOf(html)"""

WORD = """<p class=MsoNormal>Plan for <b style='mso-bidi-font-weight:normal'>May<o:p></o:p></b></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>1.<span>&nbsp;&nbsp; </span></span><![endif]>First</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·</span>
<![endif]>Second</p>"""
GOOGLE_DOCS = """<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span
style="font-weight:400;">Ask </span><span style="font-weight:700;">Mira</span><span style="font-style:italic;"> now</span></p>
<ul><li dir="ltr"><p role="presentation"><span>One</span></p></li><ul><li><p>Inner</p></li></ul><li><p>Two</p></li></ul></b>"""
EXCEL = """<table><tr><td>Name</td><td>Sum</td></tr><tr><td>A|B</td><td align=right>12</td></tr><tr><td colspan=2>x</td></tr></table>"""
PAGE = """<h1>Title</h1><p>See <a href="https://a.org/x">the <em>page</em></a>, not <a href="javascript:alert(1)">this</a>.<br>
Run <code>ls</code>.</p><blockquote><p>Said</p><p>so</p></blockquote><pre><code>a = 1
b = 2
</code></pre><ol start="3"><li>three<ul><li>nested</li></ul></li><li>four</li></ol><script>alert(1)</script>"""
VS_CODE = """<meta><div style="font-family: Consolas; white-space: pre;"><div><span style="font-weight: bold;">def</span> f</div></div>"""

CASES = {
    "Word": (WORD, "Plan for **May**\n\n1. First\n   - Second"),
    "Google Docs": (GOOGLE_DOCS, "Ask **Mira** *now*\n\n- One\n  - Inner\n- Two"),
    "a spreadsheet": (EXCEL, "| Name | Sum |\n| --- | --- |\n| A\\|B | 12 |\n| x |  |"),
    "one cell": ("<table><tr><td>12</td></tr></table>", None),
    "a page": (
        PAGE,
        "# Title\n\nSee [the *page*](https://a.org/x), not this.\nRun `ls`.\n\n> Said\n>\n> so\n\n```\na = 1\nb = 2\n```\n\n"
        "3. three\n   - nested\n4. four",
    ),
    "a code editor": (VS_CODE, None),
    "plain spans": ('<span style="color: red">Only <span>text</span></span>', None),
    "deep lists": ("<ul><li>" * 30 + "x", "- " * 13 + "x"),
    "too many lists": ("<b>x</b>" + "<ul><li>" * 20_000, None),
    "too much": ("<b>x</b>" * 100_000, None),
    "images": (
        '<b>Hi</b> <img alt="😀" src="http://127.0.0.1:1/a.png" onerror="alert(1)"><img alt="Photo" src=b>',
        "**Hi** 😀",
    ),
}


@pytest.fixture
def ana(uvicorn, enter, everyone) -> BrowserSession:
    return enter(uvicorn, "Ana Ferreira", permissions=["clipboard-read", "clipboard-write"]).open(everyone)


def copy(visitor: BrowserSession, text: str, html: str = "") -> None:
    visitor.watch.allow("style-src")  # the browser itself cleans the HTML that is copied
    visitor.page.evaluate(COPY, {"html": html, "text": text})


def editor_of(visitor: BrowserSession, place: str) -> Locator:
    if place == "composer":
        return visitor.field
    visitor.send("x")
    visitor.sees_all_sent()
    visitor.use_tool("x", "edit")
    field = visitor.page.get_by_label("Edit message")
    field.press("Backspace")
    return field


@pytest.mark.parametrize("place", ["composer", "editor"])
def test_shortcuts_format_the_selection_and_can_be_undone(ana, place):
    field, keyboard = editor_of(ana, place), ana.page.keyboard
    field.click()
    keyboard.type("the plan")
    for key, text in {"b": "the **plan**", "i": "the *plan*", "e": "the `plan`", "Shift+x": "the ~~plan~~"}.items():
        keyboard.press("End")
        keyboard.press("Control+Shift+ArrowLeft")
        keyboard.press(f"Control+{key}")
        expect(field).to_have_value(text)
        keyboard.press("Control+z")
        expect(field).to_have_value("the plan")
    keyboard.press("End")
    keyboard.press("Control+Shift+ArrowLeft")
    keyboard.press("Control+k")
    expect(field).to_have_value("the [plan](https://)")
    keyboard.type("https://a.org")
    expect(field).to_have_value("the [plan](https://a.org)")
    keyboard.press("Enter")
    expect(ana.page.locator(".msg__body a", has_text="plan")).to_have_attribute("href", "https://a.org")


def test_without_a_selection_the_shortcut_for_links_opens_the_switcher(ana):
    ana.field.press_sequentially("Begun")
    ana.field.press("Control+k")
    expect(ana.page.get_by_role("dialog", name="Jump to a room")).to_be_visible()
    expect(ana.field).to_have_value("Begun")


def test_lists_and_quotes_go_on_until_an_item_is_empty(ana):
    keyboard = ana.page.keyboard
    ana.field.click()
    for line in ("1. one", "two", "three"):
        keyboard.type(line)
        keyboard.press("Shift+Enter")
    expect(ana.field).to_have_value("1. one\n2. two\n3. three\n4. ")
    keyboard.press("Shift+Enter")
    keyboard.type("> said")
    keyboard.press("Shift+Enter")
    keyboard.type("so")
    expect(ana.field).to_have_value("1. one\n2. two\n3. three\n> said\n> so")
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    expect(ana.field).not_to_have_value("1. one\n2. two\n3. three\n> said\n> so")
    keyboard.press("Control+Shift+z")
    keyboard.press("Control+Shift+z")
    keyboard.press("Enter")
    ana.sees_all_sent()
    expect(ana.page.locator(".msg__body li")).to_have_text(["one", "two", "three"])
    expect(ana.page.locator(".msg__body blockquote")).to_have_text("said\nso")


@pytest.mark.parametrize("source", CASES)
def test_formatted_text_becomes_markdown(ana, source):
    html, markdown = CASES[source]
    assert ana.page.evaluate(MARKDOWN, html) == markdown


def test_a_formatted_paste_can_be_undone_or_made_plain(ana):
    field, keyboard = ana.field, ana.page.keyboard
    copy(ana, "Ask Mira now", GOOGLE_DOCS)
    field.press_sequentially("So: ")
    keyboard.press("Control+v")
    expect(field).to_have_value("So: Ask **Mira** *now*\n\n- One\n  - Inner\n- Two")
    keyboard.press("Control+z")
    expect(field).to_have_value("So: ")
    keyboard.press("Control+Shift+v")
    expect(field).to_have_value("So: Ask Mira now")
    keyboard.press("Control+a")
    copy(ana, "def f", VS_CODE)
    keyboard.press("Control+v")
    expect(field).to_have_value("def f")
    keyboard.press("Control+a")
    copy(ana, "https://a.org/x")
    keyboard.press("Control+v")
    expect(field).to_have_value("[def f](https://a.org/x)")
    keyboard.press("Control+z")
    expect(field).to_have_value("def f")
    ana.page.reload()
    expect(field).to_have_value("def f")


def test_typing_and_pasting_anywhere_go_into_the_message(ana):
    page, field = ana.page, ana.field
    ana.send("One")
    ana.sees_all_sent()
    page.locator(".room__title").focus()
    page.keyboard.type("Two")
    expect(field).to_be_focused()
    expect(field).to_have_value("Two")
    page.evaluate("document.activeElement.blur()")
    copy(ana, "bold", "<b>bold</b>")
    page.keyboard.press("Control+v")
    expect(field).to_have_value("Two**bold**")
    page.evaluate("document.activeElement.blur()")
    copy(ana, " and text")
    page.keyboard.press("Control+v")
    expect(field).to_have_value("Two**bold** and text")

    attach = page.get_by_role("button", name="Attach files")
    attach.focus()
    page.keyboard.press("Control+b")
    expect(attach).to_be_focused()
    ana.message("One").focus()
    page.keyboard.type("x ")
    expect(ana.message("One")).to_be_focused()
    page.get_by_role("button", name="Room menu").click()
    page.keyboard.type("m")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show formatting").click()
    page.get_by_role("button", name="Formatting help").click()
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Jump to…").click()
    page.keyboard.type("every")
    page.keyboard.press("Escape")
    expect(field).to_have_value("Two**bold** and text")


def test_composed_text_is_left_alone(ana):
    devtools = ana.context.new_cdp_session(ana.page)
    ana.field.press_sequentially("- one")
    devtools.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    ana.field.press("Control+b")
    expect(ana.field).to_have_value("- oneに")


def test_a_text_that_is_too_long_is_sent_as_a_file(ana):
    text = "```\nThe log of last night\n" + "An error 😀\n" * 800
    copy(ana, text)
    ana.field.click()
    ana.page.keyboard.press("Control+v")
    excess = ana.page.locator(".composer__excess")
    expect(excess).to_contain_text("Too long by 825 characters.")
    ana.page.keyboard.press("Enter")
    expect(ana.notices).to_contain_text("This message is too long. Shorten it, or send it as a text file.")
    expect(ana.field).to_have_value(text)
    excess.get_by_role("button", name="Send as a text file").click()
    ana.sees("The log of last night")
    ana.sees_all_sent()
    expect(ana.field).to_have_value("")
    expect(excess).not_to_contain_text("Too long")
    expect(ana.page.locator(".text-file .filename")).to_have_text("message.txt")
    attachment = Message.objects.get().attachments.get()
    assert attachment.size == len(text.rstrip().encode())


def test_a_text_that_cannot_become_a_file_stays(ana):
    files.choose(ana, *[files.data(f"{n}.bin", 10) for n in range(10)])
    files.wait_until_uploaded(ana, 10)
    ana.field.fill("x" * 8001)
    ana.page.get_by_role("button", name="Send as a text file").click()
    expect(ana.page.locator(".tray__errors")).to_contain_text("“message.txt” wasn’t added.")
    expect(ana.field).to_have_value("x" * 8001)
    assert not Message.objects.exists()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_formatting_bar_formats_the_selection(uvicorn, enter, register, everyone, viewport):
    post_messages(everyone, register("Bo Lund"), *[f"Earlier {n}" for n in range(40)])
    ana = enter(uvicorn, "Ana Ferreira", viewport=viewport).open(everyone)
    page, bar = ana.page, ana.page.get_by_role("toolbar", name="Formatting")
    ana.field.press_sequentially("one")
    page.get_by_role("button", name="Show formatting").click()
    expect(bar).to_be_visible()
    expect(ana.message("Earlier 39")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    ana.field.press("Control+a")
    bar.get_by_role("button", name="Bold").click()
    expect(ana.field).to_be_focused()
    expect(ana.field).to_have_value("**one**")
    page.keyboard.press("End")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Control+a")
    bar.get_by_role("button", name="Bold").focus()
    page.keyboard.press("End")
    expect(bar.get_by_role("button", name="Formatting help")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Bold")).to_be_focused()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(ana.field).to_have_value("1. **one**\n2. two")
    page.keyboard.press("Control+z")
    expect(ana.field).to_have_value("**one**\ntwo")
    page.reload()
    expect(bar).to_be_visible()
    page.get_by_role("button", name="Show formatting").click()
    expect(bar).to_be_hidden()
    page.reload()
    expect(ana.field).to_have_value("**one**\ntwo")
    expect(bar).to_be_hidden()


def test_the_table_button_makes_selected_lines_a_table_and_can_be_undone(ana: BrowserSession):
    ana.page.get_by_role("button", name="Show formatting").click()
    ana.field.fill("Name\tSum\nSol\t12")
    ana.field.press("Control+a")
    ana.page.get_by_role("button", name="Table", exact=True).click()
    expect(ana.field).to_have_value("| Name | Sum |\n| --- | --- |\n| Sol | 12 |")
    expect(ana.field).to_be_focused()
    ana.field.press("Control+z")
    expect(ana.field).to_have_value("Name\tSum\nSol\t12")


def test_the_preview_shows_the_text_as_it_will_look_and_keeps_it(ana: BrowserSession):
    page, preview = ana.page, ana.page.get_by_role("region", name="Preview")
    page.get_by_role("button", name="Show formatting").click()
    button = page.get_by_role("button", name="Preview")
    ana.field.fill(f"**Bold** ||hidden|| {ana.page.url}")
    button.click()
    expect(preview).to_be_focused()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(preview.locator("strong")).to_have_text("Bold")
    expect(preview.get_by_role("link", name="Everyone")).to_be_visible()
    expect(ana.field).to_be_hidden()
    spoiler = preview.get_by_role("button", name="Show spoiler")
    spoiler.press("Enter")
    expect(preview.get_by_text("hidden")).to_be_visible()
    preview.focus()
    page.keyboard.type("!")
    expect(ana.field).to_be_focused()
    expect(ana.field).to_have_value(f"**Bold** ||hidden|| {ana.page.url}!")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Control+Alt+p")
    expect(preview).to_be_focused()
    page.keyboard.press("Enter")
    expect(ana.field).to_be_focused()
    page.keyboard.press("Control+Alt+p")
    expect(preview).to_be_focused()
    page.get_by_role("button", name="Bold").click()
    expect(preview).to_have_count(0)
    page.keyboard.press("Control+Alt+p")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(preview).to_have_count(0)
    expect(ana.field).to_have_value("")
    expect(ana.field).to_be_focused()


def test_an_edit_is_previewed_in_its_own_editor(ana: BrowserSession):
    ana.send("Plain")
    ana.use_tool("Plain", "edit")
    editor = ana.page.get_by_role("textbox", name="Edit message")
    editor.fill("*Slanted*")
    editor.press("Control+Alt+p")
    preview = ana.page.get_by_role("region", name="Preview")
    expect(preview.locator("em")).to_be_visible()
    preview.press("Escape")
    expect(editor).to_be_focused()
    editor.press("Control+Alt+p")
    expect(preview).to_be_focused()
    ana.page.keyboard.type("x")
    expect(editor).to_have_value("*Slanted*x")
    expect(ana.field).to_have_value("")


def test_without_a_connection_the_preview_says_so(ana: BrowserSession):
    preview = ana.page.get_by_role("region", name="Preview")
    ana.field.fill("**Bold**")
    ana.field.press("Control+Alt+p")
    preview.press("Escape")
    expect(preview).to_have_count(0)
    ana.watch.allow_connection_errors()
    ana.context.set_offline(True)
    ana.wait_until_offline()
    ana.field.press("Control+Alt+p")
    expect(ana.page.locator(".notice", has_text="can be previewed once you’re back online")).to_be_visible()
    expect(ana.field).to_have_value("**Bold**")
