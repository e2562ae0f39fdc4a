"""Fixtures for the attacks."""

import pytest

from accounts.models import User
from rooms.models import Room
from tests.factories import make_member


@pytest.fixture
def somebody(everyone: Room, transactional_db: None) -> User:
    """A member. Without an account, all pages redirect to the set-up page, and test nothing."""
    return make_member(everyone)
