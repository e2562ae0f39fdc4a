"""Deletion of an account, with or without its messages, as other users see it on open pages."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from accounts.models import User
from messaging.models import Message
from rooms.actions import open_direct_room
from tests.e2e.browser import BrowserSession
from tests.e2e.conftest import PASSWORD, post_messages


@pytest.fixture
def ana_and_mira(register, everyone) -> tuple[User, User]:
    ana, mira = register("Ana Brandt"), register("Mira Sol")
    open_direct_room(user=ana, other=mira)
    post_messages(everyone, ana, "Good morning", "And goodbye")
    post_messages(everyone, mira, "See you, all")
    return ana, mira


def leave(visitor: BrowserSession, choice: str) -> None:
    visitor.open("/profile/").page.get_by_role("link", name="Delete account").click()
    visitor.page.get_by_label(choice).check()
    visitor.page.locator("[name=password]").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Delete my account").click()
    expect(visitor.page.get_by_role("heading")).to_have_text("Your account has been deleted")


def test_messages_of_a_deleted_account_can_be_kept(uvicorn, enter, everyone, ana_and_mira):
    mira, ana = enter(uvicorn, ana_and_mira[1]).open(everyone), enter(uvicorn, ana_and_mira[0]).open(everyone)
    laptop = enter(uvicorn, ana_and_mira[0]).open(everyone)
    laptop.watch.allow("status of 401")  # its page sends requests before it knows that its session has ended
    leave(ana, "Keep my messages")
    expect(laptop.page).to_have_url(re.compile("/accounts/login/"))
    expect(mira.message("Good morning").locator(".msg__name")).to_have_text("Deleted user")
    mira.sees("And goodbye")
    expect(mira.row("Deleted user")).to_have_count(1)
    expect(mira.page.locator("room-info")).not_to_contain_text("Deleted user")
    mira.open(everyone)
    expect(mira.message("Good morning").locator(".msg__name")).to_have_text("Deleted user")
    expect(mira.page.locator("body")).not_to_contain_text("Ana Brandt")


def test_messages_of_a_deleted_account_can_be_deleted_on_open_pages_too(uvicorn, enter, everyone, ana_and_mira):
    mira, ana = enter(uvicorn, ana_and_mira[1]).open(everyone), enter(uvicorn, ana_and_mira[0])
    mira.sees("Good morning")
    leave(ana, "Delete all my messages")
    mira.sees_no("Good morning")
    mira.sees_no("And goodbye")
    mira.sees("See you, all")
    assert mira.texts == ["Message deleted", "Message deleted", "See you, all"]
    assert not Message.objects.filter(sender=ana_and_mira[0]).exclude(body="").exists()


def test_a_wrong_password_deletes_nothing(uvicorn, enter, ana_and_mira):
    ana = enter(uvicorn, ana_and_mira[0]).open("/profile/deletion/")
    ana.page.get_by_label("Keep my messages").check()
    ana.page.locator("[name=password]").fill("something else")
    ana.page.get_by_role("button", name="Delete my account").click()
    expect(ana.page.locator(".invalid-feedback")).to_have_text("Incorrect password.")
    assert User.objects.get(pk=ana_and_mira[0].pk).is_active


def test_personal_data_is_exported_as_one_file(uvicorn, enter, ana_and_mira, tmp_path):
    ana = enter(uvicorn, ana_and_mira[0]).open("/profile/")
    with ana.page.expect_download() as downloading:
        ana.page.get_by_role("button", name="Download my data").click()
    downloading.value.save_as(tmp_path / "data.zip")
    with zipfile.ZipFile(tmp_path / "data.zip") as archive:
        exported = archive.read("messages.json").decode()
    assert "Good morning" in exported
    assert "See you, all" not in exported
