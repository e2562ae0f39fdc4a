"""Threads beside the conversation."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import APIResponse, Locator, Route, expect

from messaging.models import Message, ScheduledMessage
from rooms.blocking import block_person
from rooms.models import Membership, Room
from rooms.moderation import limit_posting
from tests.e2e import files
from tests.e2e.browser import DESKTOP, PHONE, BrowserSession
from tests.e2e.conftest import post_messages
from tests.e2e.test_accessibility import WHOLLY, Inspector
from tests.factories import make_member, make_room, make_user, post
from tests.waiting import wait_until

TEXT = "Which green for the poster?"


@pytest.fixture
def people(register):
    return register("Ana Ferreira"), register("Mira Sol")


@pytest.fixture
def room(people) -> Room:
    ana, mira = people
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, ana, TEXT, "Lunch at one?")
    return room


@pytest.fixture
def root(room) -> Message:
    return Message.objects.get(body=TEXT)


def line(session: BrowserSession) -> Locator:
    """The button below the first message."""
    return session.page.locator('main .msg[data-seq="1"] .msg__thread')


def messages(session: BrowserSession) -> Locator:
    return session.thread.locator(".msg .msg__body")


def field(session: BrowserSession) -> Locator:
    return session.thread.get_by_label("Reply in thread")


def open_thread(session: BrowserSession) -> None:
    line(session).click()
    expect(field(session)).to_be_focused()


def reply(session: BrowserSession, text: str) -> None:
    field(session).fill(text)
    field(session).press("Enter")


def test_replies_are_gathered_beside_the_conversation(uvicorn, enter, people, room, root):
    ana, mira = (enter(uvicorn, user).open(room) for user in people)
    expect(line(ana)).to_be_hidden()
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    expect(line(ana)).to_have_text(re.compile("^1 reply · "))
    open_thread(ana)
    expect(ana.page).to_have_url(re.compile(f"/rooms/{room.pk}/threads/{root.pk}/$"))
    expect(messages(ana)).to_have_text([TEXT, "The dark one"])
    open_thread(mira)
    reply(ana, "Agreed")
    for session in (ana, mira):
        expect(messages(session)).to_have_text([TEXT, "The dark one", "Agreed"])
    ana.page.go_back()
    expect(ana.thread).to_have_count(0)
    expect(ana.page).to_have_url(re.compile(f"/rooms/{room.pk}/$"))
    expect(line(ana)).to_have_text(re.compile("^2 replies · last at "))
    expect(ana.message("Agreed").locator(".reply__text")).to_have_text(TEXT)


def test_a_reply_that_arrives_while_the_thread_is_loaded_is_shown(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    loaded: list[tuple[Route, APIResponse]] = []
    path = f"**/rooms/{room.pk}/threads/{root.pk}/messages/"
    ana.page.route(path, lambda route: loaded.append((route, route.fetch())))
    line(ana).click()
    wait_until(lambda: ana.page.evaluate("0") or loaded, "the replies are read")
    post(room, people[1], "Or the light one", reply_to_id=root.pk)
    expect(line(ana)).to_have_text(re.compile("^2 replies · "))
    [(route, response)] = loaded
    route.fulfill(response=response)
    expect(messages(ana)).to_have_text([TEXT, "The dark one", "Or the light one"])
    expect(line(ana)).to_have_text(re.compile("^2 replies · "))


def test_the_key_opens_the_thread_of_a_reply(uvicorn, enter, people, room, root):
    first = post(room, people[1], "The dark one", reply_to_id=root.pk)
    post(room, people[0], "Agreed", reply_to_id=first.pk)
    ana = enter(uvicorn, people[0]).open(room)
    ana.message("Agreed").focus()
    ana.page.keyboard.press("t")
    expect(messages(ana)).to_have_text([TEXT, "The dark one", "Agreed"])
    ana.page.keyboard.press("Escape")
    expect(ana.thread).to_have_count(0)
    ana.message("Lunch at one?").focus()
    ana.page.keyboard.press("t")
    expect(ana.thread).to_have_count(0)


def test_messages_change_in_the_thread_too(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana, mira = (enter(uvicorn, user).open(room) for user in people)
    open_thread(ana)
    mira.edit("The dark one", "The light one")
    expect(messages(ana)).to_contain_text([TEXT, "The light one"])
    message = ana.thread.locator(".msg", has_text="The light one")
    message.hover()
    message.locator('.tools [data-action="more"]').click()
    ana.menu.get_by_role("menuitem", name="👍").click()
    expect(message.locator(".reaction__count")).to_have_text("1")
    mira.delete("The light one")
    expect(messages(ana)).to_have_text([TEXT, "Message deleted"])
    expect(line(mira)).to_be_hidden()


def test_a_reply_is_edited_in_the_thread(uvicorn, enter, people, room, root):
    post(room, people[0], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    message = ana.thread.locator(".msg", has_text="The dark one")
    message.focus()
    ana.page.keyboard.press("e")
    editor = ana.page.get_by_label("Edit message")
    expect(editor).to_have_count(1)
    editor.fill("The light one")
    editor.press("Enter")
    expect(messages(ana)).to_contain_text([TEXT, "The light one"])
    expect(ana.page.get_by_label("Edit message")).to_have_count(0)


def test_a_reply_survives_an_outage_and_the_closing_of_the_thread(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    ana.watch.allow_connection_errors()
    ana.context.set_offline(True)
    ana.wait_until_offline()
    reply(ana, "Sent later")
    expect(messages(ana)).to_have_text([TEXT, "The dark one", "Sent later"])
    ana.page.keyboard.press("Escape")
    ana.context.set_offline(False)
    ana.wait_until_live()
    ana.sees("Sent later")
    expect(line(ana)).to_have_text(re.compile("^2 replies"))


def test_older_replies_are_loaded_when_they_are_needed(uvicorn, enter, people, room, root):
    for number in range(130):
        post(room, people[1], f"Reply {number}", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(f"/rooms/{room.pk}/messages/1/")
    open_thread(ana)
    expect(ana.thread.get_by_text("Reply 129", exact=True)).to_be_in_viewport()
    expect(ana.thread.get_by_text("Reply 29", exact=True)).to_have_count(0)
    ana.thread.locator(".log__scroll").evaluate("(log) => (log.scrollTop = 0)")
    expect(ana.thread.get_by_text("Reply 0", exact=True)).to_have_count(1)


def focused_part(session: BrowserSession) -> str:
    return session.page.evaluate("document.activeElement.closest('main, thread-panel')?.localName ?? ''")


def test_the_conversation_is_used_beside_a_thread(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana, mira = (enter(uvicorn, user).open(room) for user in people)
    open_thread(ana)
    expect(ana.page.get_by_role("region", name="Thread")).to_be_visible()
    ana.send("At one, in the garden")
    mira.sees("At one, in the garden")
    expect(ana.field).to_be_focused()
    ana.use_tool("Lunch at one?", "more")
    ana.menu.get_by_role("menuitem", name="👍").click()
    expect(mira.message("Lunch at one?").locator(".reaction__count")).to_have_text("1")
    ana.page.get_by_role("button", name="Room menu").click()
    expect(ana.page.get_by_role("link", name="Members").first).to_be_visible()
    expect(messages(ana)).to_have_text([TEXT, "The dark one"])
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_keys_work_where_the_focus_is(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    ana.heading.click()
    ana.page.keyboard.type("Room")
    ana.thread.get_by_role("heading", name="Thread").click()
    ana.page.keyboard.type("Reply")
    expect(ana.field).to_have_value("Room")
    expect(field(ana)).to_have_value("Reply")
    for key, part in (("Shift+F6", "main"), ("Shift+F6", "main"), ("F6", "thread-panel"), ("F6", "thread-panel")):
        ana.page.keyboard.press(key)
        assert focused_part(ana) == part
    ana.field.press("Escape")
    expect(ana.thread).to_have_count(1)
    ana.page.keyboard.press("F6")
    ana.page.keyboard.press("Escape")
    expect(ana.thread).to_have_count(0)
    expect(ana.page).to_have_url(re.compile(f"/rooms/{room.pk}/$"))
    assert focused_part(ana) == "main"
    open_thread(ana)
    expect(field(ana)).to_have_value("Reply")


def test_in_a_narrow_window_the_thread_covers_the_conversation(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    field(ana).fill("Half a th")
    for viewport, is_inert in ((PHONE, True), (DESKTOP, False), (PHONE, True)):
        ana.page.set_viewport_size(viewport)
        expect(ana.page.locator("main[inert]")).to_have_count(int(is_inert))
        expect(field(ana)).to_be_focused()
        expect(field(ana)).to_have_value("Half a th")
    box = ana.thread.bounding_box()
    assert (box["width"], box["height"]) == (PHONE["width"], PHONE["height"])
    ana.page.keyboard.press("Escape")
    expect(ana.thread).to_have_count(0)
    expect(ana.page.locator("main[inert]")).to_have_count(0)
    expect(ana.page).to_have_url(re.compile(f"/rooms/{room.pk}/$"))


def test_a_thread_stays_until_another_room_opens(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    make_room("Kitchen", owner=people[0])
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    ana.thread.get_by_role("link", name="#Workshop").click()
    expect(ana.page).to_have_url(re.compile("/messages/1/$"))
    expect(messages(ana)).to_have_count(2)
    ana.page.get_by_role("link", name="Settings").first.click()
    expect(ana.panel.get_by_role("heading", name="Ana Ferreira")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(ana.panel).to_have_count(0)
    expect(ana.page).to_have_url(re.compile("/messages/1/$"))
    expect(messages(ana)).to_have_count(2)
    ana.go_to("Kitchen")
    expect(ana.thread).to_have_count(0)
    for _ in range(2):
        ana.page.go_back()
    expect(ana.heading).to_have_text("Workshop")
    expect(messages(ana)).to_have_count(2)
    ana.thread.get_by_role("button", name="Close thread").click()
    expect(ana.thread).to_have_count(0)
    expect(ana.page).to_have_url(re.compile(f"/rooms/{room.pk}/$"))


def test_a_thread_takes_the_place_of_the_details(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    details, button = ana.page.locator("room-info"), ana.page.get_by_role("button", name="Room details", exact=True)
    expect(details).to_be_visible()
    open_thread(ana)
    expect(details).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(ana.thread).to_have_count(0)
    expect(details).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")


def test_messages_in_view_stay_where_they_are_when_a_thread_opens(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    post_messages(room, people[1], *[f"{n}: {'a long message that wraps ' * 8}" for n in range(40)])
    ana = enter(uvicorn, people[0]).open(room)
    top = """(log) => {
      const from = log.getBoundingClientRect().top;
      const message = [...log.querySelectorAll(".msg")].find((each) => each.getBoundingClientRect().bottom > from);
      return [1000 * message.dataset.seq, message.getBoundingClientRect().top];
    }"""
    log = ana.page.locator("main .log__scroll")
    log.evaluate("(log) => log.scrollTo(0, log.scrollHeight / 2)")
    before = log.evaluate(top)
    ana.page.get_by_role("link", name="Threads").click()
    ana.panel.locator(".search-result").click()
    expect(field(ana)).to_be_focused()
    assert log.evaluate(top) == pytest.approx(before, abs=2)
    ana.page.keyboard.press("Escape")
    expect(ana.thread).to_have_count(0)
    assert log.evaluate(top) == pytest.approx(before, abs=2)


def test_a_thread_closes_with_its_room_and_hides_whom_the_user_blocks(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    mira = enter(uvicorn, people[1]).open(room)
    open_thread(mira)
    block_person(user=people[1], other=people[0])
    expect(messages(mira)).to_have_text(["The dark one"])
    Membership.objects.filter(room=room, user=people[1]).delete()
    expect(mira.thread).to_have_count(0)
    expect(mira.heading).not_to_have_text("Workshop")
    expect(mira.page).not_to_have_url(re.compile("threads"))


def test_replies_have_the_commands_and_questions_of_other_messages(uvicorn, enter, people, room, root):
    for number in range(20):
        make_member(room, make_user(f"guest{number}"))
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    reply(ana, "/who ")
    ana.page.locator("#online[open]").get_by_role("button", name="Close").click()
    reply(ana, "/blok mira")
    expect(ana.notices).to_contain_text("Did you mean /block?")
    expect(field(ana)).to_have_value("/blok mira")
    reply(ana, "@room the light one")
    ana.confirm("Cancel")
    expect(field(ana)).to_have_value("@room the light one")
    field(ana).press("Enter")
    expect(ana.page.locator("#question")).to_contain_text("Notify 21 people?")
    ana.confirm("Send")
    expect(messages(ana)).to_have_text([TEXT, "The dark one", "@room the light one"])


def test_files_are_attached_to_replies(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana, mira = (enter(uvicorn, user).open(room) for user in people)
    files.choose(ana, files.text("plan.txt", "Nine"))
    open_thread(ana)
    files.drop_on_thread(ana, files.image("green.png"))
    rows = ana.thread.locator("attachment-tray .tray__file")
    expect(rows).to_contain_text("green.png")
    expect(ana.page.locator("main attachment-tray .tray__file")).to_contain_text("plan.txt")
    files.wait_until_uploaded(ana, 2)
    upload_limit = files.SlowUpload(ana, 100_000)
    ana.thread.locator(".composer__files").set_input_files([files.data("report.bin", 500_000)])
    reply(ana, "Like this")
    expect(rows).to_have_count(0)
    waiting = ana.thread.locator(".msg", has_text="Like this")
    expect(waiting).to_contain_text("Will be sent when the upload finishes.")
    upload_limit.unlimit()
    sent = mira.message("Like this")
    expect(sent.locator(".msg__files")).to_contain_text("report.bin")
    expect(sent.locator(".reply__text")).to_have_text(TEXT)
    expect(waiting.get_by_role("button", name="Open image: green.png")).to_be_visible()
    expect(ana.page.locator("main attachment-tray .tray__file")).to_have_count(1)


def test_a_reply_that_waits_for_a_file_returns_to_its_thread(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    files.SlowUpload(ana, 10_000)
    ana.thread.locator(".composer__files").set_input_files([files.data("report.bin", 500_000)])
    reply(ana, "Like this")
    waiting = ana.thread.locator(".msg", has_text="Like this")
    waiting.get_by_role("button", name="Cancel sending").click()
    expect(field(ana)).to_have_value("Like this")
    expect(field(ana)).to_be_focused()
    expect(ana.thread.locator("attachment-tray .tray__file")).to_contain_text("report.bin")
    expect(ana.field).to_have_value("")


def test_drafts_of_replies_survive_a_reload(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    field(ana).fill("Half a thought")
    ana.open(room)
    expect(ana.field).to_have_value("")
    open_thread(ana)
    expect(field(ana)).to_have_value("Half a thought")


def test_the_slow_mode_of_the_room_is_shown(uvicorn, enter, people, room, root):
    ana, mira = people
    at_mira = enter(uvicorn, mira).open(room)
    post(room, ana, "The dark one", reply_to_id=root.pk)
    open_thread(at_mira)
    text = at_mira.thread.locator(".composer__slow-mode")
    expect(text).to_have_text("")
    for seconds, expected in (
        (3, "Slow mode: one message every 3 seconds"),
        (3600, "Slow mode: one message every hour"),
    ):
        limit_posting(actor=ana, room=room, slow_seconds=seconds)
        expect(text).to_have_text(expected)
    at_mira.page.keyboard.press("Escape")
    expect(at_mira.thread).to_have_count(0)
    open_thread(at_mira)
    expect(text).to_have_text("Slow mode: one message every hour")


def sidebar_count(session: BrowserSession) -> Locator:
    return session.page.locator("[data-threads] .count")


def test_unread_replies_are_shown_until_the_thread_is_read(uvicorn, enter, people, room, root):
    ana, mira = people
    post(room, mira, "The dark one", reply_to_id=root.pk)
    elsewhere = make_room("Kitchen", owner=ana)
    other = enter(uvicorn, ana).open(elsewhere)
    session = enter(uvicorn, mira).open(room)
    expect(sidebar_count(other)).to_have_text("1")
    open_thread(session)
    reply(session, "Or the light one")
    other.page.get_by_role("link", name="Threads").click()
    expect(other.panel.locator(".search-result__new")).to_have_text("2 new")
    other.panel.locator(".search-result").click()
    expect(messages(other)).to_have_text([TEXT, "The dark one", "Or the light one"])
    expect(sidebar_count(other)).to_be_hidden()
    expect(other.row("Workshop").locator(".count")).to_have_text("2")  # the room is still unread
    other.page.go_back()
    expect(other.panel.get_by_role("heading", name="Threads")).to_be_visible()
    expect(other.panel.locator(".search-result__new")).to_have_count(0)
    other.page.go_back()
    expect(other.page).to_have_url(re.compile(f"/rooms/{elsewhere.pk}/$"))


def test_following_is_the_same_in_all_tabs(uvicorn, enter, people, room, root):
    ana, mira = people
    post(room, mira, "The dark one", reply_to_id=root.pk)
    session = enter(uvicorn, ana).open(room)
    tab = enter(uvicorn, ana).open(room)
    open_thread(session)
    open_thread(tab)
    for name, next_name in (("Unfollow", "Follow"), ("Follow", "Unfollow")):
        session.thread.get_by_role("button", name=name, exact=True).click()
        expect(tab.thread.get_by_role("button", name=next_name, exact=True)).to_be_visible()


def test_reading_the_room_reads_the_thread(uvicorn, enter, people, room, root):
    ana, mira = people
    elsewhere = make_room("Kitchen", owner=ana)
    session = enter(uvicorn, ana).open(elsewhere)
    other = enter(uvicorn, mira).open(room)
    other.use_tool(TEXT, "reply")
    other.send("The dark one")
    expect(sidebar_count(session)).to_have_text("1")
    session.go_to("Workshop")
    session.sees("The dark one")
    expect(sidebar_count(session)).to_be_hidden()


def test_nothing_is_wrong_with_the_accessibility_of_threads(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0])
    inspector = Inspector(ana)
    ana.open(room)
    open_thread(ana)
    expect(messages(ana)).to_have_count(2)
    inspector.check("thread", WHOLLY)
    ana.page.keyboard.press("Escape")
    ana.page.get_by_role("link", name="Threads").click()
    expect(ana.panel.locator(".search-result")).to_have_count(1)
    inspector.check("threads", WHOLLY)
    assert inspector.findings == []


def test_a_reply_is_formatted_scheduled_and_edited_like_other_messages(uvicorn, enter, people, room, root):
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(room)
    open_thread(ana)
    field(ana).fill("Agreed")
    field(ana).select_text()
    ana.thread.get_by_role("button", name="Show formatting").click()
    ana.thread.get_by_role("toolbar", name="Formatting").get_by_role("button", name="Bold").click()
    expect(field(ana)).to_have_value("**Agreed**")
    expect(ana.field).to_have_value("")
    field(ana).press("Enter")
    expect(messages(ana)).to_have_text([TEXT, "The dark one", "Agreed"])

    field(ana).press("ArrowUp")
    editor = ana.thread.get_by_label("Edit message")
    expect(editor).to_have_value("**Agreed**")
    editor.fill("Not agreed")
    editor.press("Enter")
    expect(messages(ana)).to_have_text([TEXT, "The dark one", re.compile("^Not agreed")])
    expect(field(ana)).to_be_focused()

    field(ana).fill("See you")
    ana.thread.get_by_role("button", name="Schedule message").click()
    ana.thread.get_by_role("button", name="Tomorrow at").click()
    expect(ana.notices).to_contain_text("Message scheduled for")
    expect(field(ana)).to_have_value("")
    scheduled = ScheduledMessage.objects.get()
    assert (scheduled.body, scheduled.reply_to) == ("See you", root)
    ScheduledMessage.objects.update(attempt_at=timezone.now())
    expect(messages(ana)).to_contain_text(["See you"])


def test_a_reply_that_was_refused_returns_to_its_thread(uvicorn, enter, people, room, root):
    ana, mira = people
    post(room, ana, "The dark one", reply_to_id=root.pk)
    session = enter(uvicorn, mira).open(room)
    open_thread(session)
    Room.objects.filter(pk=room.pk).update(is_read_only=True)  # which the page doesn't know
    reply(session, "Agreed")
    failed = session.thread.locator(".msg.is-failed")
    expect(failed).to_have_count(1)
    failed.get_by_role("button", name="Edit").click()
    expect(field(session)).to_have_value("Agreed")
    expect(session.field).to_have_value("")
    expect(failed).to_have_count(0)
    reply(session, "Agreed, too")
    expect(failed).to_have_count(1)
    session.thread.get_by_role("button", name="Close thread").click()
    session.page.locator("main .msg.is-failed").get_by_role("button", name="Edit").click()
    expect(field(session)).to_have_value("Agreed, too")


def test_mentions_in_a_thread_are_those_of_its_room(uvicorn, enter, people, room, root):
    zoe = make_member(room, make_user("zoe", display_name="Zoe Lang"))
    kitchen = make_room("Kitchen", owner=people[0])
    make_member(kitchen, make_user("zora", display_name="Zora Berg"))
    post(room, people[1], "The dark one", reply_to_id=root.pk)
    ana = enter(uvicorn, people[0]).open(kitchen)
    ana.page.get_by_role("link", name="Threads").click()
    ana.panel.locator(".search-result").click()
    expect(field(ana)).to_be_focused()
    field(ana).press_sequentially("@zo")
    first = ana.page.get_by_role("option").first
    expect(first).to_contain_text(zoe.display_name)
    expect(ana.page.get_by_role("option", name=re.compile("Zora Berg"))).to_contain_text("Not in this room")
    expect(first).not_to_contain_text("Not in this room")
