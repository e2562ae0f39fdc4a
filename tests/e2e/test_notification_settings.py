"""The page with the notification settings."""

import pytest
from playwright.sync_api import Locator, Page, expect

from messaging.models import NotificationPreferences, NotifiedRoom
from tests.e2e.conftest import post_messages
from tests.waiting import wait_until


def switch(page: Page | Locator, day: str) -> None:
    page.get_by_role("checkbox", name=day).click()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["script", "no-script"])
def test_settings_are_saved_with_mondays_quiet_hours_for_all_days(uvicorn, enter, register, java_script_enabled):
    ana = register("Ana Ferreira")
    page = enter(uvicorn, ana, java_script_enabled=java_script_enabled).page
    page.goto("/notifications/")
    page.get_by_label("Notify me in rooms about").select_option("Every message")
    page.get_by_label("Keywords").fill("outage\nred panda")
    switch(page, "Monday")
    page.get_by_label("From").first.fill("21:15")
    page.get_by_role("button", name="Copy Monday to all days").click()
    expect(page.get_by_role("checkbox", name="Sunday")).to_be_checked()
    expect(page.get_by_label("From").last).to_have_value("21:15")
    switch(page, "Sunday")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    stored = NotificationPreferences.objects.get(user=ana)
    assert stored.level == "all"
    assert stored.quiet_hours == [[1275, 480]] * 6 + [None]
    expect(page.get_by_label("Keywords")).to_have_value("outage\nred panda")


def test_enter_in_a_field_saves(uvicorn, enter, register):
    ana = register("Ana Ferreira")
    page = enter(uvicorn, ana).page
    page.goto("/notifications/")
    switch(page, "Tuesday")
    page.get_by_label("To", exact=True).nth(1).press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert NotificationPreferences.objects.get(user=ana).quiet_hours[1] == [1320, 480]


def test_errors_are_shown_at_their_fields_in_the_panel(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type("keywords")
    ana.page.keyboard.press("Enter")
    field = ana.panel.get_by_label("Keywords")
    field.fill("outage\n!!!")
    switch(ana.panel, "Monday")
    ana.panel.get_by_label("From").first.fill("")
    ana.panel.get_by_role("button", name="Save", exact=True).click()
    expect(ana.panel.get_by_text("“!!!” has no letters or digits")).to_be_visible()
    expect(ana.panel.get_by_text("Enter a time, such as 22:00.")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("outage\n!!!")


def test_level_of_a_room_is_chosen_from_its_menu_and_shown_in_other_tabs(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    other = ana.new_tab(everyone)
    ana.wait_until_live(other)
    ana.page.get_by_role("button", name="Room menu").click()
    item = ana.page.locator("#room-menu a", has_text="Notifications")
    expect(item).to_contain_text("Default")
    item.click()
    ana.panel.get_by_label("Every message").check()
    ana.panel.get_by_role("button", name="Save").click()
    expect(ana.panel).to_have_count(0)
    expect(ana.page.get_by_text("Saved.")).to_be_visible()
    other.get_by_role("button", name="Room menu").click()
    expect(other.locator("#room-menu a", has_text="Notifications")).to_contain_text("Every message")
    row = other.locator("room-list li", has=other.locator("a.room-row", has_text=everyone.name)).first
    other.keyboard.press("Escape")
    row.click(button="right")
    other.locator("#room-row-menu").get_by_text("Notifications…").click()
    expect(other.locator("page-panel").get_by_label("Every message")).to_be_checked()


def test_message_menu_says_why_one_was_not_notified_and_leads_to_the_setting(uvicorn, enter, register, everyone):
    mira = register("Mira Sol")
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    post_messages(everyone, mira, "Lunch?")
    wait_until(lambda: NotifiedRoom.objects.filter(room=everyone, seq=1).exists(), "the message is looked through")
    ana.use_tool("Lunch?", "notification")
    expect(ana.panel.get_by_role("heading", name="You weren’t notified of this message.")).to_be_visible()
    expect(ana.panel).to_contain_text("you’re only notified of mentions")
    ana.panel.get_by_role("link", name="Notifications of this room").click()
    expect(ana.panel.get_by_label("Default (Mentions and replies to you)")).to_be_checked()


def test_preview_follows_the_form_before_it_is_saved(uvicorn, enter, register):
    page = enter(uvicorn, register("Ana Ferreira")).page
    page.goto("/notifications/")
    preview = page.locator(".notification-preview")
    expect(preview).to_contain_text("Other messages in rooms don’t notify you.")
    first = preview.locator("p").first.element_handle()
    page.get_by_label("Notify me in rooms about").select_option("Every message")
    expect(preview).to_contain_text("Other messages in rooms notify you in the same way.")
    assert page.evaluate("(first) => first.isConnected", first)  # screen readers don't announce it again
    switch(page, "Saturday")
    expect(preview).to_contain_text("At 11 p.m. on a Saturday, a mention or direct message would only show a badge.")
    assert not NotificationPreferences.objects.exists()
