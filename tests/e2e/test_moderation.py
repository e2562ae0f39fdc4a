"""Moderation, in the browsers of moderators and affected users."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from messaging.models import BulkDeletion, Message, Report
from messaging.moderation.reports import report_message
from rooms.moderation import limit_posting
from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room
from tests.waiting import wait_until


def test_a_ban_takes_effect_at_once_on_every_page(uvicorn, enter, register, everyone):
    ana, bo, mira = register("Ana Ferreira"), register("Bo Chen"), register("Mira Sol")
    room = make_room("Workshop", owner=bo)
    make_member(room, ana, role="moderator")
    make_member(room, mira)
    at_mira, at_bo = enter(uvicorn, mira), enter(uvicorn, bo).open(room)
    at_mira.page.clock.install()
    at_mira.open(room)
    at_ana = enter(uvicorn, ana)
    at_ana.page.goto(f"/rooms/{room.pk}/members/")
    at_ana.page.get_by_text("Manage Mira Sol").click()
    at_ana.page.get_by_role("link", name="Ban… Mira Sol").click()
    at_ana.page.get_by_label("Duration").select_option("week")
    at_ana.page.get_by_label("Reason").fill("Shouting")

    typing = at_bo.page.locator(".typing")
    at_mira.field.press_sequentially("AND ANOTHER THING", delay=20)
    expect(typing).to_have_text("Mira Sol is typing…")
    at_mira.field.press_sequentially("!!!", delay=20)
    at_ana.page.get_by_role("button", name="Ban", exact=True).click()

    expect(at_mira.heading).to_have_text("Everyone")
    expect(at_mira.notices).to_contain_text("You were banned from Workshop until")
    expect(at_mira.notices).to_contain_text("Reason: Shouting")
    expect(at_mira.row("Workshop")).to_have_count(0)
    expect(typing).to_have_text("", timeout=2_000)  # not only when it is forgotten, after five seconds
    expect(at_ana.page.get_by_text("Shouting")).to_be_visible()

    at_mira.page.clock.fast_forward("05:00")
    ban = at_mira.notices.locator(".notice", has_text="You were banned from Workshop")
    ban.get_by_role("button", name="Dismiss").click()
    expect(ban).to_have_count(0)

    at_mira.watch.allow(rf"404 .*/rooms/{room.pk}/")
    at_mira.page.goto(f"/rooms/{room.pk}/")
    expect(at_mira.page.locator("message-log")).to_have_count(0)
    at_ana.page.get_by_role("button", name="Unban Mira Sol").click()
    expect(at_ana.page.get_by_text("No one is banned")).to_be_visible()
    at_mira.open(room)
    expect(at_mira.page.get_by_role("button", name="Join room")).to_be_visible()


def test_a_report_is_queued_and_its_outcome_reaches_the_reporter(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    root = register("Root Root", is_staff=True, is_superuser=True)
    post_messages(everyone, mira, "Something kind", "Something vile", "Something else")
    at_ana, at_mira = enter(uvicorn, ana).open(everyone), enter(uvicorn, mira).open(everyone)
    at_ana.use_tool("Something vile", "report")
    request = at_ana.page.locator("#request[open]")
    request.get_by_role("textbox", name="Reason").fill("It is vile")
    request.get_by_role("button", name="Report").click()
    expect(at_ana.notices).to_contain_text("Admins will review your report")

    at_root = enter(uvicorn, root)
    at_root.page.goto("/admin/messaging/report/")
    at_root.page.locator("#result_list tbody th a").click()
    expect(at_root.page.locator(".is-reported")).to_contain_text("Something vile")
    expect(at_root.page.locator(".case__messages")).to_contain_text("Something kind")
    at_root.page.get_by_label("Also delete the message").check()
    at_root.page.get_by_role("button", name="Warn author").click()
    expect(at_root.page.get_by_role("heading", name="Warn Mira Sol and delete the message?")).to_be_visible()
    assert Report.objects.get().is_open
    at_root.page.get_by_role("button", name="Warn author and delete message").click()
    expect(at_root.page.locator(".notices")).to_contain_text("Mira Sol has been warned")

    expect(at_ana.notices).to_contain_text("The author of a message you reported was warned.")
    warning = at_mira.notices.locator(
        ".notice", has_text="An admin has warned you about a message you sent in Everyone."
    )
    warning.get_by_role("link", name="Show message").click()
    expect(at_mira.page.locator(".msg:focus")).to_have_class(re.compile("is-deleted"))
    expect(warning).to_have_count(0)
    at_ana.sees_no("Something vile")
    at_ana.page.goto("/reports/")
    expect(at_ana.page.get_by_text("It is vile")).to_be_visible()
    assert Report.objects.get().handled_by == root


def test_what_a_moderator_deletes_can_be_restored_for_ten_seconds(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "A joke", "Spam", "Scam")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    notice = at_ana.notices.locator(".notice", has_text="Deleting the message…")

    at_ana.delete("A joke")
    at_ana.sees("Deleting…")
    at_ana.sees_no("A joke")
    notice.get_by_role("button", name="Undo").click()
    at_ana.sees("A joke")
    expect(notice).to_have_count(0)

    message = at_ana.message("A joke")
    message.focus()
    at_ana.page.keyboard.press("Delete")
    at_ana.confirm("Delete")
    at_ana.sees("Deleting…")
    at_ana.page.keyboard.press("Control+z")
    at_ana.sees("A joke")
    expect(notice).to_have_count(0)
    expect(message).to_be_focused()

    # Dismissing the notice and leaving the page delete the message at once.
    at_ana.delete("Spam")
    notice.get_by_role("button", name="Dismiss").click()
    at_mira.sees_no("Spam")
    with at_ana.page.expect_response(re.compile("/deletion/$")):  # before that, the server begins after 30 seconds
        at_ana.delete("Scam")
    expect(notice).to_be_visible()
    at_ana.page.goto("/rooms/")
    at_mira.sees_no("Scam")
    at_mira.sees("A joke")
    assert list(room.messages.filter(deleted_at=None).values_list("body", flat=True)) == ["A joke"]


def test_a_deletion_takes_place_although_the_tab_is_closed(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "Spam", "Scam")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    with at_ana.page.expect_response("**/deletion/") as held_message:
        at_ana.delete("Spam")
    at_ana.use_tool("Scam", "delete-all")
    request = at_ana.page.locator("#request[open]")
    request.get_by_role("combobox", name="Which messages").select_option("all")
    with at_ana.page.expect_response("**/messages/") as held_messages:
        request.get_by_role("button", name="Delete").click()
    for response in (held_message, held_messages):
        response.value.finished()
    # Once the page has another answer, it has read these too.
    at_ana.page.evaluate("() => fetch('/health/live').then((response) => response.text())")
    BulkDeletion.objects.update(starts_at=timezone.now() + timedelta(hours=1))  # so only the page can begin them
    at_ana.page.close(run_before_unload=True)
    at_mira.sees_no("Spam")
    at_mira.sees_no("Scam")
    assert not room.messages.filter(deleted_at=None).exists()


def test_without_a_connection_nothing_is_deleted(proxy, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "Spam")
    at_ana = enter(proxy, ana).open(room)
    at_ana.watch.allow_connection_errors()
    proxy.disconnect()
    at_ana.delete("Spam")
    expect(at_ana.notices).to_contain_text("The message couldn’t be deleted. No connection.")
    at_ana.sees("Spam")
    proxy.reconnect()
    at_ana.wait_until_live()
    at_ana.sees("Spam")
    assert room.messages.get().body == "Spam"


def test_a_deletion_takes_place_although_the_connection_is_lost(proxy, uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "Spam")
    at_ana, at_mira = enter(proxy, ana).open(room), enter(uvicorn, mira).open(room)
    at_ana.watch.allow_connection_errors()
    at_ana.delete("Spam")
    at_ana.notices.locator(".notice", has_text="Deleting the message…").hover()  # which then stays longer
    wait_until(BulkDeletion.objects.exists, "the held deletion")
    proxy.disconnect()
    at_ana.notices.get_by_role("button", name="Undo").click()
    expect(at_ana.notices).to_contain_text("No connection.")
    at_mira.sees("Spam")
    BulkDeletion.objects.update(starts_at=timezone.now())  # half a minute later
    at_mira.sees_no("Spam")
    proxy.reconnect()
    expect(at_ana.message("Message deleted")).to_have_count(1)


def test_a_decision_is_confirmed_and_undone(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    [message] = post_messages(everyone, mira, "Something vile")
    report_message(reporter=ana, message_id=message.pk, reason="It is vile")
    page = enter(uvicorn, register("Root Root", is_staff=True, is_superuser=True), java_script_enabled=False).page
    page.goto("/admin/messaging/report/")
    page.locator("#result_list tbody th a").click()
    page.get_by_role("button", name="Suspend 1 week").click()
    expect(page.get_by_text("Mira Sol will be logged out everywhere. Until")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Suspend 1 week").click()
    page.get_by_role("button", name="Suspend author").click()
    expect(page.locator(".notices")).to_contain_text("Mira Sol has been suspended")
    mira.refresh_from_db()
    assert not mira.is_active
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notices")).to_contain_text("Report reopened.")
    mira.refresh_from_db()
    assert mira.is_active
    assert Report.objects.get().is_open


def test_slow_mode_queues_messages_sent_too_soon(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    limit_posting(actor=ana, room=room, slow_seconds=3)
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    expect(at_mira.page.locator(".composer__slow-mode")).to_have_text("Slow mode: one message every 3 seconds")
    expect(at_ana.page.locator(".composer__slow-mode")).to_have_text("")
    for text in ("One", "Two"):
        at_mira.send(text)
    expect(at_mira.message("Two").locator(".msg__note")).to_contain_text("It will be sent automatically.")
    at_ana.sees("Two")
    at_mira.sees_all_sent()

    # Slow mode is set to an hour, then turned off, and queued messages are sent immediately.
    at_ana.page.goto(f"/rooms/{room.pk}/settings/")
    at_ana.page.get_by_label("Slow mode").select_option("3600")
    at_ana.page.locator(".posting").get_by_role("button", name="Save").click()
    expect(at_mira.page.locator(".composer__slow-mode")).to_have_text("Slow mode: one message every hour")
    at_mira.send("Three")
    expect(at_mira.message("Three").locator(".msg__note")).to_contain_text("It will be sent automatically.")
    at_ana.page.get_by_label("Slow mode").select_option("0")
    at_ana.page.locator(".posting").get_by_role("button", name="Save").click()
    at_mira.sees_all_sent()
    assert Message.objects.filter(room=room, body="Three").exists()


def test_a_room_made_read_only_closes_the_composer(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("News", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "Before")
    at_ana, at_mira = enter(uvicorn, ana), enter(uvicorn, mira).open(room)
    at_ana.page.goto(f"/rooms/{room.pk}/settings/")
    at_ana.page.get_by_label("Only owners and moderators can post").check()
    at_ana.page.locator(".posting").get_by_role("button", name="Save").click()
    expect(at_mira.page.get_by_text("Only owners and moderators can post here.")).to_be_visible()
    expect(at_mira.field).to_be_hidden()
    at_mira.edit("Before", "After")
    at_mira.sees("After")


def test_pinned_messages_are_listed_until_they_are_unpinned(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "The key is at the porter's", "Thanks")
    wide = {"viewport": {"width": 1400, "height": 900}}
    at_ana, at_mira = enter(uvicorn, ana, **wide).open(room), enter(uvicorn, mira, **wide).open(room)
    pins = at_mira.page.locator("pinned-messages")
    expect(at_mira.page.locator("room-info")).to_contain_text("Workshop")
    at_ana.use_tool("The key is at the porter's", "pin")
    expect(at_mira.message("The key is at the porter's").locator(".msg__pin")).to_be_visible()
    expect(pins).to_contain_text("Pinned · 1")
    expect(pins.get_by_role("link")).to_have_text("The key is at the porter's")
    at_mira.page.reload()
    expect(pins.get_by_role("link")).to_have_text("The key is at the porter's")
    pins.get_by_role("link").click()
    expect(at_mira.page.locator(".msg:focus")).to_contain_text("The key is at the porter's")
    message = at_mira.message("The key is at the porter's")
    message.hover()
    expect(message.locator('.tools [data-action="unpin"]')).to_be_hidden()
    at_ana.use_tool("The key is at the porter's", "unpin")
    expect(pins).to_be_empty()


def test_a_moderator_deletes_all_messages_of_a_person(uvicorn, enter, register, everyone):
    ana, mira = register("Ana Ferreira"), register("Mira Sol")
    room = make_room("Workshop", owner=ana)
    make_member(room, mira)
    post_messages(room, mira, "Buy now", "Buy more")
    post_messages(room, ana, "Stop it")
    at_ana, at_mira = enter(uvicorn, ana).open(room), enter(uvicorn, mira).open(room)
    at_ana.use_tool("Buy now", "delete-all")
    request = at_ana.page.locator("#request[open]")
    request.get_by_role("combobox", name="Which messages").select_option("all")
    request.get_by_role("button", name="Delete").click()
    pending = at_ana.notices.locator(".notice", has_text="Deleting messages from Mira Sol…")
    pending.get_by_role("button", name="Undo").click()
    at_ana.use_tool("Buy now", "delete-all")
    request.get_by_role("combobox", name="Which messages").select_option("all")
    request.get_by_role("button", name="Delete").click()
    pending.get_by_role("button", name="Dismiss").click()
    expect(at_ana.notices).to_contain_text("2 messages deleted.")
    at_mira.sees_no("Buy now")
    at_mira.sees_no("Buy more")
    at_mira.sees("Stop it")


def test_person_card_leads_moderators_to_the_ban(uvicorn, enter):
    ana, bo = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Bo Lindqvist")
    room = make_room("Workshop", owner=ana.user)
    make_member(room, bo.user)
    post_messages(room, bo.user, "Buy my stuff")
    post_messages(room, ana.user, "No")
    bo.open(room)
    bo.message("No").locator(".msg__name").click()
    card = bo.page.locator("#person[open]")
    expect(card.get_by_role("button", name="Block…")).to_be_visible()
    expect(card.get_by_text("Ban…")).to_be_hidden()
    ana.open(room)
    ana.message("No").locator(".msg__name").click()
    expect(ana.page.locator("#person[open]")).to_be_visible()
    expect(ana.page.locator("#person[open]").get_by_text("Ban…")).to_be_hidden()  # oneself
    ana.page.keyboard.press("Escape")
    ana.message("Buy my stuff").locator(".msg__name").click()
    ana.page.locator("#person[open]").get_by_role("link", name="Ban…").click()
    expect(ana.panel.get_by_role("heading", name="Ban Bo Lindqvist from Workshop")).to_be_visible()
    ana.panel.get_by_role("button", name="Ban").click()
    expect(ana.notices).to_contain_text("Bo Lindqvist was banned from Workshop.")
    expect(bo.notices).to_contain_text("banned")


def test_a_ban_can_be_undone_for_ten_seconds(uvicorn, enter):
    ana, bo = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Bo Lindqvist")
    room = make_room("Workshop", owner=ana.user)
    bo.watch.allow(rf"404 .*/rooms/{room.pk}/")  # requested just before the ban
    membership = make_member(room, bo.user, role="moderator").memberships.filter(room=room)
    membership.update(is_favorite=True, is_muted=True)
    before = membership.values().get()
    post_messages(room, bo.user, "Buy my stuff")
    bo.open(room)
    ana.page.clock.install()
    ana.open(room)

    def ban() -> None:
        ana.message("Buy my stuff").locator(".msg__name").click()
        ana.page.locator("#person[open]").get_by_role("link", name="Ban…").click()
        ana.panel.get_by_label("Their messages").select_option("all")
        ana.panel.get_by_role("button", name="Ban").click()
        toast.hover()  # so that it stays longer

    toast = ana.notices.locator(".notice", has_text="Bo Lindqvist was banned from Workshop.")
    ban()
    expect(bo.heading).to_have_text("Everyone")
    expect(ana.panel.get_by_role("button", name="Unban Bo Lindqvist")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(ana.notices).to_contain_text("Bo Lindqvist’s membership of Workshop is as it was before.")
    expect(ana.panel.get_by_text("No one is banned")).to_be_visible()
    expect(bo.notices).not_to_contain_text("banned")
    bo.go_to("Workshop")
    bo.sees("Buy my stuff")
    assert membership.values().get() == {**before, "last_read_seq": membership.get().last_read_seq}

    # By keyboard, after the panel was closed.
    ana.panel.get_by_role("button", name="Close").click()
    ban()
    ana.panel.get_by_role("button", name="Close").click()
    expect(ana.panel).to_have_count(0)
    ana.page.locator("message-log").focus()
    ana.page.keyboard.press("Control+z")
    expect(ana.notices).to_contain_text("is as it was before.")
    wait_until(membership.exists, "the restored membership")

    ban()
    ana.page.mouse.move(0, 0)
    ana.page.clock.fast_forward("00:11")
    expect(toast).to_have_count(0)
    assert not membership.exists()


def test_a_sent_form_closes_without_a_question(uvicorn, enter):
    ana, bo = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Bo Lindqvist")
    room = make_room("Workshop", owner=ana.user)
    make_member(room, bo.user)
    ana.open(room)
    ana.page.route("**/bans/", lambda route: None)  # the page after the form is never loaded
    ana.page.get_by_role("link", name="Members").first.click()
    ana.panel.get_by_text("Manage Bo Lindqvist").click()
    ana.panel.get_by_role("link", name="Ban…").click()
    ana.panel.get_by_label("Their messages").select_option("all")
    ana.panel.get_by_role("button", name="Ban").click()
    expect(ana.notices).to_contain_text("Bo Lindqvist was banned from Workshop.")
    ana.panel.get_by_role("button", name="Close").click()
    expect(ana.page.locator("dialog[open]")).to_have_count(0)


def test_a_removal_can_be_undone(uvicorn, enter):
    ana, bo = enter(uvicorn, "Ana Ferreira"), enter(uvicorn, "Bo Lindqvist")
    room = make_room("Workshop", owner=ana.user)
    make_member(room, bo.user)
    bo.open(room)
    ana.open(room)
    ana.page.get_by_role("link", name="Members").first.click()
    ana.panel.get_by_text("Manage Bo Lindqvist").click()
    ana.panel.get_by_role("button", name="Remove Bo Lindqvist").click()
    toast = ana.notices.locator(".notice", has_text="Bo Lindqvist was removed from Workshop.")
    toast.hover()
    expect(bo.heading).to_have_text("Everyone")
    toast.get_by_role("button", name="Undo").click()
    expect(ana.panel.get_by_text("Manage Bo Lindqvist")).to_be_visible()
    bo.go_to("Workshop")

    ana.panel.get_by_text("Manage Bo Lindqvist").click()
    ana.panel.get_by_role("link", name="Delete messages… Bo Lindqvist").click()
    ana.panel.get_by_role("button", name="Delete for everyone").click()
    toast = ana.notices.locator(".notice", has_text="The messages from Bo Lindqvist will be deleted in 30 seconds.")
    toast.hover()
    toast.get_by_role("button", name="Undo").click()
    expect(ana.notices).to_contain_text("The messages were not deleted.")
    assert not BulkDeletion.objects.exists()


def test_a_ban_can_be_undone_without_javascript(uvicorn, enter, register, everyone):
    ana, bo = register("Ana Ferreira"), register("Bo Lindqvist")
    room = make_room("Workshop", owner=ana)
    make_member(room, bo)
    page = enter(uvicorn, ana, java_script_enabled=False).page
    page.goto(f"/rooms/{room.pk}/members/{bo.pk}/ban/")
    page.get_by_role("button", name="Ban").click()
    expect(page.locator(".notices")).to_contain_text("Bo Lindqvist was banned from Workshop.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notices")).to_contain_text("Bo Lindqvist’s membership of Workshop is as it was before.")
    assert room.memberships.filter(user=bo).exists()
