"""The list of people and its filters."""

import re

from playwright.sync_api import expect

from tests.factories import make_user


def test_list_is_filtered_in_the_panel(uvicorn, enter, everyone):
    make_user("linus.t", display_name="Linus Törn", is_staff=True)
    enter(uvicorn, "Bo Lindqvist").open(everyone)
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type("people")
    ana.page.get_by_role("option", name="People", exact=True).click()
    names = ana.panel.locator(".row-item__text > a")
    expect(names).to_have_text(["Ana Ferreira", "Bo Lindqvist", "Linus Törn"])
    ana.panel.get_by_label("Last active").select_option("Online now")
    ana.panel.get_by_role("button", name="Search").click()
    expect(names).to_have_text(["Ana Ferreira", "Bo Lindqvist"])
    expect(ana.page).to_have_url(re.compile("active=now"))
    expect(ana.panel.get_by_label("Last active")).to_have_value("now")
    ana.panel.get_by_label("Last active").select_option("Any time")
    ana.panel.get_by_label("Role").select_option("Admins")
    ana.panel.get_by_role("button", name="Search").click()
    expect(names).to_have_text(["Linus Törn"])
