"""Ending a session closes its sockets in every tab, and no others."""

from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD

LOG_IN = "/accounts/login/"
ASKED = "status of 401"  # a page whose socket was closed checks whether its session is still valid


def test_logging_out_sends_other_tabs_to_the_login_page(uvicorn, enter, everyone):
    ana = enter(uvicorn, "Ana Ferreira").open(everyone)
    ana.watch.allow(ASKED)
    other = ana.new_tab(everyone)
    ana.wait_until_live(other)
    ana.page.bring_to_front()
    ana.page.get_by_role("button", name="Log out").click()
    for page in (ana.page, other):
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert LOG_IN in page.url


def test_changing_the_password_ends_all_other_sessions(uvicorn, enter, register, everyone):
    user = register("Ana Ferreira")
    here, elsewhere = enter(uvicorn, user).open(everyone), enter(uvicorn, user).open(everyone)
    elsewhere.watch.allow(ASKED)
    open_tab = here.new_tab(everyone)
    here.wait_until_live(open_tab)
    here.page.goto("/accounts/password/change/")
    here.page.locator("[name=oldpassword]").fill(PASSWORD)
    here.page.locator("[name=password1]").fill("another long pass phrase")
    here.page.locator("main form [type=submit]").click()
    expect(elsewhere.page.get_by_role("heading", name="Log in")).to_be_visible()
    here.open(everyone).send("Still here")
    here.sees_all_sent()
    here.wait_until_live(open_tab)
    expect(open_tab.locator(".msg__body")).to_have_text("Still here")


def test_a_session_is_ended_from_another_browser(uvicorn, enter, register, everyone):
    user = register("Ana Ferreira")
    here, elsewhere = enter(uvicorn, user).open(everyone), enter(uvicorn, user).open(everyone)
    elsewhere.watch.allow(ASKED)
    here.page.goto("/accounts/sessions/")
    here.page.get_by_role("button", name="Log out of all other sessions").click()
    expect(elsewhere.page.get_by_role("heading", name="Log in")).to_be_visible()
    here.open(everyone)
