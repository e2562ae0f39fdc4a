"""People are invited from an empty room and from the end of the room list."""

from playwright.sync_api import expect

from tests.waiting import wait_until


def test_invite_people_from_an_empty_room(uvicorn, enter, register, everyone):
    ana = enter(uvicorn, register("Ana", is_staff=True, is_superuser=True)).open(everyone)
    ana.page.locator("message-log").get_by_role("link", name="Invite people").click()
    panel = ana.page.get_by_role("dialog")
    expect(panel.get_by_role("heading", name="Invite people")).to_be_visible()
    panel.get_by_role("button", name="Create invite link").click()
    expect(panel.get_by_label("Invite link")).to_be_visible()
    expect(panel.get_by_text("adds to Everyone")).to_be_visible()
    panel.get_by_text("QR code", exact=True).click()
    image = panel.get_by_alt_text("QR code of the invite link")
    expect(image).to_be_visible()
    wait_until(lambda: image.evaluate("image => image.naturalWidth > 0"), "the QR code")
    ana.page.keyboard.press("Escape")
    expect(ana.page.locator("room-list").get_by_role("link", name="Invite people")).to_be_visible()
    ana.send("Hello")
    ana.sees("Hello")
    expect(ana.page.locator("message-log").get_by_role("link", name="Invite people")).to_be_hidden()
