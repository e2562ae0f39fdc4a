"""The token buckets."""

import pytest

from live.rate_limit import FORGET_SECONDS, TokenBuckets

SOMEBODY, ANOTHER = 1, 2


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock) -> TokenBuckets:
    return TokenBuckets(2, 5, clock=clock)


def test_a_burst_goes_through_and_what_follows_waits(rates):
    assert [rates.take(SOMEBODY) for _ in range(5)] == [0.0] * 5
    assert rates.take(SOMEBODY) == 0.5


def test_who_waits_as_long_as_told_is_let_through(rates, clock):
    for _ in range(5):
        rates.take(SOMEBODY)
    clock.now += rates.take(SOMEBODY) + 0.5
    assert rates.take(SOMEBODY) == 0.0


def test_one_persons_haste_is_nobody_elses(rates):
    for _ in range(20):
        rates.take(SOMEBODY)
    assert rates.take(ANOTHER) == 0.0


def test_who_does_not_wait_is_a_flood_after_another_burst(rates):
    taken = 0
    while not rates.is_flooding(SOMEBODY):
        rates.take(SOMEBODY)
        taken += 1
    assert taken == 10


def test_a_debt_is_never_larger_than_a_burst(rates, clock):
    for _ in range(1000):
        rates.take(SOMEBODY)
    clock.now += 3
    assert rates.take(SOMEBODY) == 0.0
    assert not rates.is_flooding(SOMEBODY)


def test_a_bucket_holds_no_more_than_a_burst(rates, clock):
    rates.take(SOMEBODY)
    clock.now += 3600
    assert [rates.take(SOMEBODY) for _ in range(6)] == [0.0] * 5 + [0.5]


def test_only_those_that_are_not_full_are_remembered(rates, clock):
    rates.take(SOMEBODY)
    clock.now += FORGET_SECONDS + 1
    rates.take(ANOTHER)
    assert list(rates._buckets) == [ANOTHER]


def test_a_rate_of_nothing_is_no_limit(clock):
    rates = TokenBuckets(0, 1, clock=clock)
    assert [rates.take(SOMEBODY) for _ in range(100)] == [0.0] * 100
    assert not rates.is_flooding(SOMEBODY)
