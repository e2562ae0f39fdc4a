"""A new site: the first visitor sets it up, another person registers, and they chat."""

import re

from playwright.sync_api import expect

from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import PASSWORD


def fill_in(visitor: BrowserSession, **fields: str) -> None:
    for name, value in fields.items():
        visitor.page.locator(f"[name={name}]").fill(value)
    visitor.page.locator("main form button[type=submit], main form input[type=submit]").click()


def test_the_first_visitor_sets_up_the_site_and_the_second_registers(fresh_site, visit):
    ana = visit(fresh_site)
    ana.page.goto("/")
    expect(ana.page).to_have_url(f"{fresh_site.url}/setup/")
    fill_in(ana, site_name="Riverside", display_name="Ana", username="ana", password1="short")
    expect(ana.page.locator("[name=password1]")).to_be_focused()
    fill_in(ana, password1=PASSWORD)
    expect(ana.heading).to_have_text("Everyone")
    expect(ana.page.locator(".rooms__site")).to_have_text("Riverside")
    ana.wait_until_live()
    assert ana.page.goto("/admin/").ok
    ana.open("/")
    ana.page.get_by_role("button", name="Log out").click()
    expect(ana.page.get_by_role("heading", name="Log in")).to_be_visible()
    ana.watch.allow("status of 404")
    assert ana.page.goto("/setup/").status == 404

    mira = visit(fresh_site)
    mira.page.goto("/")
    mira.page.get_by_role("link", name="Create an account").click()
    mira.page.get_by_label("Display name").press_sequentially("Míra Berg")
    expect(mira.page.get_by_label("Username")).to_have_value("mira.berg")
    mira.page.get_by_label("Username").fill("ana")
    expect(mira.page.get_by_text("That username is taken.")).to_be_visible()
    mira.page.get_by_label("Username").fill("mira")
    expect(mira.page.get_by_text("That username is taken.")).to_have_count(0)
    mira.page.locator("[name=password1]").fill(PASSWORD)
    mira.page.get_by_role("button", name="Show password").click()
    expect(mira.page.locator("[name=password1]")).to_have_attribute("type", "text")
    fill_in(mira)
    expect(mira.heading).to_have_text("Everyone")
    mira.wait_until_live()
    mira.send("Is anybody here?")
    mira.sees_all_sent()

    ana.page.goto("/")
    fill_in(ana, login="ana", password=PASSWORD)
    ana.wait_until_live()
    ana.sees("Is anybody here?")
    ana.send("I am, welcome!")
    mira.sees("I am, welcome!")


def test_the_owner_of_a_new_site_has_three_first_steps(fresh_site, visit):
    ana = visit(fresh_site)
    ana.page.goto("/")
    fill_in(ana, site_name="Riverside", display_name="Ana", username="ana", password1=PASSWORD)
    expect(ana.heading).to_have_text("Everyone")
    ana.wait_until_live()
    steps = ana.page.get_by_role("region", name="First steps")
    expect(steps.get_by_role("link")).to_have_text([re.compile("Name your site"), "Invite people", "Create a room"])
    expect(steps.locator(".is-done")).to_have_count(1)
    expect(ana.page.locator("message-log").get_by_role("link", name="Invite people")).to_have_count(1)
    steps.get_by_role("link", name="Done: Name your site").click()
    expect(ana.panel.locator("[name=name]")).to_have_value("Riverside")
    ana.page.keyboard.press("Escape")
    steps.get_by_role("link", name="Create a room").click()
    ana.panel.locator("[name=name]").fill("Design")
    ana.panel.get_by_role("button", name="Create room").click()
    expect(ana.heading).to_have_text("Design")
    expect(steps).to_be_hidden()
    ana.go_to("Everyone")
    expect(steps.locator(".is-done")).to_have_count(2)
    steps.get_by_role("link", name="Invite people").click()
    ana.panel.get_by_role("button", name="Create invite link").click()
    expect(ana.panel.get_by_label("Invite link")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(steps).to_have_count(0)
    ana.page.reload()
    ana.wait_until_live()
    expect(ana.page.locator("message-log").get_by_role("link", name="Invite people")).to_be_visible()
    expect(steps).to_have_count(0)


def test_first_steps_are_dismissed(fresh_site, visit):
    ana = visit(fresh_site)
    ana.page.goto("/")
    fill_in(ana, site_name="Riverside", display_name="Ana", username="ana", password1=PASSWORD)
    ana.wait_until_live()
    steps = ana.page.get_by_role("region", name="First steps")
    expect(steps.get_by_role("link", name="Done: Name your site")).to_be_visible()
    steps.get_by_role("button", name="Dismiss").click()
    expect(steps).to_have_count(0)
    ana.page.reload()
    ana.wait_until_live()
    expect(ana.page.locator("message-log").get_by_role("link", name="Invite people")).to_be_visible()
    expect(steps).to_have_count(0)
