"""Fixtures for the attacks."""

import pytest

from accounts.models import User
from rooms.models import Room
from tests.factories import make_member


@pytest.fixture
def any_member(everyone: Room, transactional_db: None) -> User:
    """A member. Without an account, all pages redirect to the setup page."""
    return make_member(everyone)
