"""The chat in browsers without storage, and storage that is empty after logging out."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import RoomDraft
from tests.e2e.conftest import PASSWORD, stored_texts
from tests.factories import make_member, make_room
from tests.waiting import wait_until

DENIED = """
const denied = { configurable: true, get() { throw new DOMException("denied", "SecurityError"); } };
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, denied);
navigator.locks.query = navigator.locks.request = async () => { throw new DOMException("denied", "SecurityError"); };
"""
MISSING = """
const missing = { configurable: true, value: null };
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, missing);
"""
FULL = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
"""

STORED = """async () => {
  const opening = indexedDB.open("chatsite");
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const rows = ["outbox", "uploads", "files"].map((name) => new Promise((resolve) => {
    const request = opening.result.transaction(name).objectStore(name).getAll();
    request.onsuccess = () => resolve(request.result.length);
  }));
  const counts = await Promise.all(rows);
  opening.result.close();
  return JSON.stringify([Object.entries(localStorage).filter(([key]) => !key.includes("room-info")), counts]);
}"""


@pytest.mark.parametrize("script", [DENIED, MISSING, FULL], ids=["denied", "missing", "full"])
def test_the_chat_works_without_storage(uvicorn, enter, register, everyone, script):
    ana = register("Ana Ferreira")
    make_member(make_room("Design", owner=ana), ana)
    visitor = enter(uvicorn, ana)
    visitor.context.add_init_script(script)
    visitor.open(everyone)
    visitor.field.fill("Draft")
    visitor.go_to("Design")
    visitor.go_to("Everyone")
    expect(visitor.field).to_have_value("Draft")
    visitor.field.press("Enter")
    visitor.sees_all_sent()
    visitor.edit("Draft", "Edited")
    assert stored_texts(everyone) == ["Edited"]
    visitor.page.get_by_role("button", name="Log out", exact=True).click()
    expect(visitor.page).to_have_url(re.compile("/accounts/login/"))


def test_page_that_cannot_start_shows_an_error(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira")
    ana.watch.allow("503")
    ana.page.route(re.compile(r"/js/chat\.[^/]*js"), lambda route: route.fulfill(status=503))
    ana.page.goto(everyone.get_absolute_url())
    expect(ana.page.get_by_role("alert").filter(has_text="couldn’t be loaded")).to_be_visible()
    ana.page.unroute_all()
    ana.open(everyone)
    expect(ana.page.locator("#not-started")).to_be_hidden()


def test_logging_out_leaves_nothing_in_the_browser(proxy, enter, everyone):
    mira = enter(proxy, "Mira Sol").open(everyone)
    mira.watch.allow_connection_errors()
    mira.send("The plan")
    mira.sees_all_sent()
    mira.use_tool("The plan", "edit")
    mira.page.get_by_label("Edit message").fill("The secret plan")
    mira.field.fill("A draft")
    proxy.disconnect()
    mira.wait_until_offline()
    mira.page.get_by_role("button", name="Log out", exact=True).click()
    question = mira.page.locator("#question[open]")
    expect(question).to_contain_text("They’ll be deleted from this browser.")
    mira.page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    assert "A draft" in mira.page.evaluate(STORED)
    proxy.reconnect()
    mira.wait_until_live()
    wait_until(lambda: RoomDraft.objects.filter(body="A draft").exists(), "the draft is stored")
    mira.page.get_by_role("button", name="Log out", exact=True).click()
    mira.confirm("Log out")
    expect(mira.page).to_have_url(re.compile("/accounts/login/"))
    assert mira.page.evaluate(STORED) == "[[],[0,0,0]]"

    mira.page.locator("[name=login]").fill("mira")
    mira.page.locator("[name=password]").fill(PASSWORD)
    mira.page.keyboard.press("Enter")
    mira.wait_until_live()
    expect(mira.field).to_have_value("A draft")  # from the server
    expect(mira.page.get_by_label("Edit message")).to_have_count(0)


def test_logging_out_on_another_page_also_needs_confirmation(uvicorn, enter, everyone):
    mira = enter(uvicorn, "Mira Sol").open(everyone)
    mira.field.fill("A draft")
    mira.page.goto("/people/")
    asked = []
    mira.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    mira.page.get_by_role("button", name="Log out", exact=True).click()
    expect(mira.page).to_have_url(re.compile("/people/"))
    mira.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    mira.page.get_by_role("button", name="Log out", exact=True).click()
    expect(mira.page).to_have_url(re.compile("/accounts/login/"))
    assert len(asked) == 2
    assert mira.page.evaluate(STORED) == "[[],[0,0,0]]"
