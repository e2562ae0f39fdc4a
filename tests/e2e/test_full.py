"""A full server reports that it is full, and accepts users as soon as others leave."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.e2e.conftest import post_messages
from tests.server import Site, run_site


@pytest.fixture
def small_site(transactional_db, everyone, tmp_path) -> Iterator[Site]:
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, CHAT_MAX_USERS="1") as site:
        yield site


def test_the_page_explains_a_full_server_and_connects_once_there_is_room(small_site, enter, register, everyone):
    first = enter(small_site, "Ana Ferreira").open(everyone)
    post_messages(everyone, first.user, "Only one of us fits")
    second = enter(small_site, "Mira Sol")
    second.watch.allow_connection_errors()
    second.page.goto(everyone.get_absolute_url())
    banner = second.page.locator(".banner")
    expect(banner.locator("b")).to_have_text("The site is full (1 person online).")
    expect(second.page.locator(".msg")).to_contain_text("Only one of us fits")  # messages can be read while waiting
    retry = second.page.get_by_role("button", name="Try now")
    expect(retry).to_have_text(re.compile(r"Try now \(in \d+ seconds?\)"))
    first.context.close()
    retry.click()
    second.wait_until_live()
    expect(retry).to_be_hidden()
