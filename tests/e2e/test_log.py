"""The log's place: at the end while the user writes, at the first unread message, and with a limited number of rows."""

import pytest
from playwright.sync_api import expect

from rooms.models import Membership
from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until

DISTANCE_TO_END = "(log) => log.scrollHeight - log.scrollTop - log.clientHeight"
ROWS = "message-log .log__list > *"


def distance_to_end(session) -> int:
    return round(session.page.locator(".log__scroll").evaluate(DISTANCE_TO_END))


def scroll_to_top(session) -> None:
    session.page.locator(".log__scroll").evaluate("(log) => { log.scrollTop = 0; }")


def read_up_to(user, room) -> int:
    return Membership.objects.get(user=user, room=room).last_read_seq


def until_read(user, room, seq) -> None:
    wait_until(lambda: read_up_to(user, room) == seq, f"message {seq} is read")


def next_frames(session) -> None:
    """Wait until scroll events and changes of size have been handled."""
    session.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_end_stays_in_view_while_the_user_writes(site, enter, register, everyone, viewport):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"Earlier {n}" for n in range(60)])
    ana = enter(site, "Ana Ferreira", viewport=viewport).open(everyone)
    at_bo = enter(site, bo).open(everyone)
    ana.field.click()
    for line in range(5):
        for word in f"Line {line} of a message that is longer than the phone is wide".split():
            ana.field.press_sequentially(f"{word} ")
            next_frames(ana)
            assert distance_to_end(ana) < 2
        ana.field.press("Shift+Enter")
    at_bo.send("Meanwhile")
    expect(ana.message("Meanwhile")).to_be_in_viewport()
    expect(ana.page.locator(".log__down")).to_be_hidden()
    until_read(ana.user, everyone, 61)
    for _ in range(5):
        ana.field.press("Control+A")
        ana.field.press("Delete")
        next_frames(ana)
        assert distance_to_end(ana) < 2


@pytest.mark.parametrize("count", [40, 60, 200])
def test_a_room_opens_at_the_first_unread_message(site, enter, register, everyone, count):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    post_messages(everyone, bo, *[f"Read {n}" for n in range(60)])
    Membership.objects.filter(room=everyone, user=ana).update(last_read_seq=60)
    post_messages(everyone, bo, *[f"Unread {n}" for n in range(count)])
    at_ana = enter(site, ana).open(everyone)
    expect(at_ana.page.locator(".day.is-new")).to_be_in_viewport()
    expect(at_ana.message("Read 59")).to_be_in_viewport()
    expect(at_ana.message("Unread 0")).to_be_in_viewport()
    bar = at_ana.page.locator(".log__unread")
    expect(bar).to_contain_text("new messages since")
    wait_until(lambda: read_up_to(ana, everyone) > 60, "the messages in view are read")
    assert read_up_to(ana, everyone) < 60 + count / 2  # the others were not seen

    bar.get_by_role("button", name="Jump to latest").click()
    expect(at_ana.message(f"Unread {count - 1}")).to_be_in_viewport()
    expect(bar).to_be_hidden()
    until_read(ana, everyone, 60 + count)
    expect(at_ana.row("Everyone").locator(".count")).to_be_hidden()


def test_a_link_to_a_message_marks_only_what_it_shows_as_read(uvicorn, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    post_messages(everyone, bo, *[f"Message {n}" for n in range(1, 121)])
    Membership.objects.filter(room=everyone, user=ana).update(last_read_seq=60)
    at_ana = enter(uvicorn, ana).open(f"/rooms/{everyone.pk}/messages/40/")
    expect(at_ana.message("Message 40")).to_be_in_viewport()
    next_frames(at_ana)
    expect(at_ana.row("Everyone").locator(".count")).to_have_text("60")


def test_reading_goes_on_where_it_ended_and_can_be_ended_at_once(site, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    post_messages(everyone, bo, *[f"Unread {n}" for n in range(300)])
    at_ana = enter(site, ana).open(everyone)
    at_ana.page.locator(".log__scroll").hover()
    while not at_ana.message("Unread 90").count():
        at_ana.page.mouse.wheel(0, 400)
        next_frames(at_ana)
    at_ana.message("Unread 70").scroll_into_view_if_needed()
    wait_until(lambda: read_up_to(ana, everyone) > 60, "the messages in view are read")
    at_ana.page.reload()
    at_ana.wait_until_live()
    first = read_up_to(ana, everyone)
    expect(at_ana.message(f"Unread {first}")).to_be_in_viewport()
    bar = at_ana.page.locator(".log__unread")
    bar.get_by_role("button", name="Mark as read").click()
    expect(bar).to_be_hidden()
    until_read(ana, everyone, 300)
    expect(at_ana.message(f"Unread {first}")).to_be_in_viewport()


def test_a_busy_room_keeps_a_limited_number_of_rows(site, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, *[f"Earlier {n}" for n in range(20)])
    ana = enter(site, "Ana Ferreira").open(everyone)
    for part in range(4):
        post_messages(everyone, bo, *[f"Part {part}, message {n}" for n in range(150)])
        ana.sees(f"Part {part}, message 149")
        assert ana.page.locator(ROWS).count() <= 300
        assert distance_to_end(ana) < 2

    scroll_to_top(ana)  # what was dropped can be loaded again
    expect(ana.message("Part 2, message 149")).to_have_count(1)
    next_frames(ana)
    place = ana.page.locator(".log__scroll").evaluate("(log) => log.scrollTop")
    post_messages(everyone, bo, *[f"Later {n}" for n in range(300)])
    pill = ana.page.locator(".log__down")
    expect(pill).to_contain_text("300 new messages")
    assert ana.page.locator(ROWS).count() <= 300
    assert ana.page.locator(".log__scroll").evaluate("(log) => log.scrollTop") == pytest.approx(place, abs=400)
    pill.click()
    expect(ana.message("Later 299")).to_be_in_viewport()


def test_the_tools_of_a_long_message_stay_in_view(site, enter, register, everyone):
    bo = register("Bo Lund")
    post_messages(everyone, bo, "\n".join(f"Line {n}" for n in range(120)))
    ana = enter(site, "Ana Ferreira").open(everyone)
    ana.page.get_by_role("button", name="Show more").click()
    body = ana.page.locator(".msg__body")
    log = ana.page.locator(".log__scroll")
    log.evaluate("(log) => { log.scrollTop = log.scrollHeight / 2; }")
    box = log.bounding_box()
    ana.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(ana.page.locator(".tools")).to_be_in_viewport(ratio=1)
    ana.page.locator('.tools [data-action="reply"]').click()
    expect(ana.page.locator(".composer__quote")).to_contain_text("Bo Lund")
    assert body.bounding_box()["height"] > 2 * box["height"]


# Opens a room and resolves with what each of the next frames shows: the number of rows, and where the first element is.
FRAMES = """async ([room, selector]) => {
  const frames = [];
  document.querySelector(`room-list a[data-room="${room}"]`).click();
  const end = performance.now() + 1000;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const element = document.querySelector(selector);
    const rows = document.querySelectorAll(".log__list > *").length;
    if (element) frames.push([rows, Math.round(element.getBoundingClientRect().top)]);
  }
  return frames;
}"""


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "unread"])
def test_the_rows_in_view_are_painted_first_and_stay_in_place(uvicorn, enter, register, everyone, is_read):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    room = make_room("Design", owner=bo)
    make_member(room, ana)
    messages = post_messages(room, bo, *[f"Number {n}" for n in range(100)])
    Membership.objects.filter(room=room, user=ana).update(last_read_seq=100 if is_read else 70)
    selector = f'.msg[data-id="{messages[-1].pk}"]' if is_read else ".day.is-new"
    at_ana = enter(uvicorn, ana).open(everyone)
    for _visit in range(2 if is_read else 1):
        frames = at_ana.page.evaluate(FRAMES, [room.pk, selector])
        rows = [count for count, _top in frames]
        assert rows[0] < 45 < rows[-1], rows
        assert all(top == pytest.approx(frames[0][1], abs=3) for _count, top in frames), frames
        at_ana.go_to("Everyone")


def test_a_message_outside_the_first_rows_is_found(uvicorn, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    first, *_others = post_messages(everyone, bo, *[f"Number {n}" for n in range(50)])
    Membership.objects.filter(room=everyone, user=ana).update(last_read_seq=50)
    room = make_room("Design", owner=bo)
    make_member(room, ana)
    at_ana = enter(uvicorn, ana).open(everyone)
    at_ana.go_to("Design")
    found = at_ana.page.evaluate(
        """async ([room, id]) => {
          document.querySelector(`room-list a[data-room="${room}"]`).click();
          while (!document.querySelector(".msg")) await new Promise((done) => setTimeout(done));
          return Boolean(document.querySelector("message-log").elementOf(id));
        }""",
        [everyone.pk, first.pk],
    )
    assert found


def test_read_messages_below_an_older_one_are_not_new(uvicorn, enter, register, everyone):
    bo, ana = register("Bo Lund"), register("Ana Ferreira")
    post_messages(everyone, bo, *[f"Message {n}" for n in range(1, 81)])
    Membership.objects.filter(room=everyone, user=ana).update(last_read_seq=80)
    at_ana = enter(uvicorn, ana).open(f"/rooms/{everyone.pk}/messages/10/")
    at_ana.wait_until_live()
    button = at_ana.page.locator(".log__down")
    expect(button).to_contain_text("Jump to latest")
    while not at_ana.message("Message 80").count():
        at_ana.page.locator(".log__scroll").evaluate(
            "(log) => { log.scrollTop = log.scrollHeight - log.clientHeight - 300; }"
        )
        next_frames(at_ana)
    expect(button).to_contain_text("Jump to latest")
    post_messages(everyone, bo, "Message 81")
    enter(uvicorn, bo).open(everyone).send("Message 82")
    expect(button).to_contain_text("new message")
