"""A site that takes no more people says so, and lets them in when there is room."""

from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import expect

from tests.e2e.conftest import tell
from tests.server import Site, run_site


@pytest.fixture
def small_site(transactional_db, everyone, tmp_path) -> Iterator[Site]:
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path, CHAT_MAX_USERS="1") as site:
        yield site


def test_the_page_says_why_it_has_to_wait_and_comes_in_by_itself(small_site, enter, register, everyone):
    first = enter(small_site, "Ana Ferreira").open(everyone)
    tell(everyone, first.user, "Only one of us fits")
    second = enter(small_site, "Mira Sol")
    second.watch.allow_lost_line()
    second.page.goto(everyone.get_absolute_url())
    banner = second.page.locator(".banner")
    expect(banner).to_contain_text("The server is full. The site is full (1 person online).")
    expect(second.page.locator(".msg")).to_contain_text("Only one of us fits")  # what was said can be read meanwhile
    first.context.close()
    second.wait_until_live()
