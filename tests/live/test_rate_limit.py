"""Rate limiting by token buckets."""

import pytest

from live.rate_limit import CLEANUP_SECONDS, TokenBuckets

USER, OTHER = 1, 2


class FakeClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def buckets(clock) -> TokenBuckets:
    return TokenBuckets(2, 5, clock=clock)


def test_a_burst_is_allowed_and_the_next_call_waits(buckets):
    assert [buckets.take(USER) for _ in range(5)] == [0.0] * 5
    assert buckets.take(USER) == 0.5


def test_waiting_as_long_as_asked_is_enough(buckets, clock):
    for _ in range(5):
        buckets.take(USER)
    clock.now += buckets.take(USER) + 0.5
    assert buckets.take(USER) == 0.0


def test_users_have_separate_buckets(buckets):
    for _ in range(20):
        buckets.take(USER)
    assert buckets.take(OTHER) == 0.0


def test_not_waiting_is_flooding_after_another_burst(buckets):
    taken = 0
    while not buckets.is_flooding(USER):
        buckets.take(USER)
        taken += 1
    assert taken == 10


def test_debt_is_limited_to_a_burst(buckets, clock):
    for _ in range(1000):
        buckets.take(USER)
    clock.now += 3
    assert buckets.take(USER) == 0.0
    assert not buckets.is_flooding(USER)


def test_a_bucket_holds_at_most_a_burst(buckets, clock):
    buckets.take(USER)
    clock.now += 3600
    assert [buckets.take(USER) for _ in range(6)] == [0.0] * 5 + [0.5]


def test_costly_action_takes_several_tokens(buckets):
    assert [buckets.take(USER, 2) for _ in range(3)] == [0.0, 0.0, 0.5]


def test_action_that_costs_more_than_a_burst_takes_a_full_bucket(buckets, clock):
    assert buckets.take(USER, 1_000) == 0.0
    assert buckets.take(USER, 1_000) == 2.5
    clock.now += 5
    assert buckets.take(USER, 1_000) == 0.0


def test_full_buckets_are_discarded(buckets, clock):
    buckets.take(USER)
    clock.now += CLEANUP_SECONDS + 1
    buckets.take(OTHER)
    assert list(buckets._buckets) == [OTHER]


def test_a_rate_of_zero_is_no_limit(clock):
    buckets = TokenBuckets(0, 1, clock=clock)
    assert [buckets.take(USER) for _ in range(100)] == [0.0] * 100
    assert not buckets.is_flooding(USER)
