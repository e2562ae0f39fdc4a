"""The table of how people are notified."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import NotificationLevel
from messaging.models import Cause, Channel, Sound, Trigger
from messaging.notifications.decision import Decision, Incoming, Recipient, decide
from messaging.notifications.quiet_hours import are_quiet

ANA, BO = 1, 2
SATURDAY_NIGHT = datetime(2026, 11, 28, 23, 10, tzinfo=UTC)
MESSAGE = Incoming(sender_id=BO, seq=10, at=SATURDAY_NIGHT)
PRESENT = Recipient(ANA, is_present=True, is_connected=True)
AWAY = Recipient(ANA)

ALL, MENTIONS, NONE = NotificationLevel.EVERYTHING, NotificationLevel.MENTIONS, NotificationLevel.NOTHING
NOTHING, BADGE, SOUND, DESKTOP, PUSH, EMAIL = Channel
EVENING_TO_MORNING = [22 * 60, 7 * 60]


def decided(triggers, recipient, now=SATURDAY_NIGHT, message=MESSAGE) -> Decision:
    return decide(message, frozenset(triggers), recipient, now)


@pytest.mark.parametrize(
    ("trigger", "everything", "mentions", "nothing", "muted"),
    [
        (Trigger.DIRECT, DESKTOP, DESKTOP, NOTHING, NOTHING),
        (Trigger.MENTION, DESKTOP, DESKTOP, BADGE, BADGE),
        (Trigger.REPLY, DESKTOP, DESKTOP, NOTHING, NOTHING),
        (Trigger.GROUP, DESKTOP, DESKTOP, BADGE, BADGE),
        (Trigger.KEYWORD, DESKTOP, DESKTOP, NOTHING, NOTHING),
        (Trigger.THREAD, DESKTOP, DESKTOP, NOTHING, NOTHING),
        (Trigger.EVERYONE, DESKTOP, DESKTOP, NOTHING, NOTHING),
        (Trigger.ROOM, DESKTOP, NOTHING, NOTHING, NOTHING),
        (None, NOTHING, NOTHING, NOTHING, NOTHING),
    ],
)
@pytest.mark.parametrize("column", ["everything", "mentions", "nothing", "muted"])
def test_the_level_of_the_room(trigger, everything, mentions, nothing, muted, column):
    expected = {"everything": everything, "mentions": mentions, "nothing": nothing, "muted": muted}[column]
    recipient = {
        "everything": replace(PRESENT, level=ALL),
        "mentions": replace(PRESENT, level=MENTIONS),
        "nothing": replace(PRESENT, level=NONE),
        "muted": replace(PRESENT, level=ALL, is_muted=True),
    }[column]
    found = decided({trigger} - {None}, recipient)
    assert found.channel == expected
    if expected == DESKTOP:
        assert (found.trigger, found.cause) == (trigger, Cause.ACTIVE)
    elif column == "muted":
        assert found.cause == Cause.MUTED_ROOM
    elif column == "nothing":
        assert found.cause == Cause.LEVEL
    else:
        assert found.cause == (Cause.LEVEL if trigger else Cause.NOT_CONCERNED)


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"user_id": BO}, Cause.OWN),
        ({"is_active": False}, Cause.INACTIVE_ACCOUNT),
        ({"is_member": False}, Cause.NOT_MEMBER),
        ({"blocked": frozenset({BO})}, Cause.BLOCKED),
        ({"muted": frozenset({BO})}, Cause.MUTED_PERSON),
        ({"cleared_seq": 10, "last_read_seq": 10}, Cause.CLEARED),
        ({"last_read_seq": 10}, Cause.READ),
    ],
)
def test_nothing_overrides_a_hindrance(trigger, changes, cause):
    for recipient in (PRESENT, replace(AWAY, has_push=True, has_email=True, email_delay=15)):
        found = decided({trigger}, replace(recipient, level=ALL, **changes))
        assert found == Decision(NOTHING, trigger, cause)


@pytest.mark.parametrize(
    ("triggers", "changes", "trigger"),
    [
        ({Trigger.ROOM, Trigger.MENTION}, {"level": ALL}, Trigger.MENTION),
        ({Trigger.ROOM, Trigger.KEYWORD}, {"level": ALL}, Trigger.KEYWORD),
        ({Trigger.DIRECT, Trigger.MENTION}, {}, Trigger.DIRECT),
        ({Trigger.REPLY, Trigger.THREAD}, {}, Trigger.REPLY),
        ({Trigger.GROUP, Trigger.EVERYONE}, {}, Trigger.GROUP),
        ({Trigger.EVERYONE, Trigger.THREAD}, {"hears_threads": False}, Trigger.EVERYONE),
        ({Trigger.EVERYONE, Trigger.ROOM}, {"hears_everyone": False, "level": ALL}, Trigger.ROOM),
    ],
)
def test_the_most_important_reason_is_named(triggers, changes, trigger):
    assert decided(triggers, replace(PRESENT, **changes)).trigger == trigger


@pytest.mark.parametrize(
    ("trigger", "changes"),
    [
        (Trigger.EVERYONE, {"hears_everyone": False}),
        (Trigger.THREAD, {"hears_threads": False}),
        (Trigger.ROOM, {"level": MENTIONS}),
    ],
)
def test_unwanted_reasons_do_not_count(trigger, changes):
    found = decided({trigger}, replace(PRESENT, **changes))
    assert (found.channel, found.cause) == (NOTHING, Cause.LEVEL)
    found = decided({trigger}, replace(PRESENT, level=NONE, **{k: v for k, v in changes.items() if k != "level"}))
    assert found.channel == NOTHING


# The person's presence, with the columns: on all pages a desktop notification, only a sound, neither.
@pytest.mark.parametrize(
    ("is_present", "is_connected", "has_push", "has_email", "expected"),
    [
        (True, True, False, False, (DESKTOP, SOUND, BADGE)),
        (True, True, True, False, (DESKTOP, SOUND, BADGE)),
        (True, True, False, True, (DESKTOP, SOUND, BADGE)),
        (True, True, True, True, (DESKTOP, SOUND, BADGE)),
        (False, True, False, False, (DESKTOP, SOUND, BADGE)),
        (False, True, True, False, (PUSH, PUSH, PUSH)),
        (False, True, False, True, (DESKTOP, SOUND, EMAIL)),
        (False, True, True, True, (PUSH, PUSH, PUSH)),
        (False, False, False, False, (BADGE, BADGE, BADGE)),
        (False, False, True, False, (PUSH, PUSH, PUSH)),
        (False, False, False, True, (EMAIL, EMAIL, EMAIL)),
        (False, False, True, True, (PUSH, PUSH, PUSH)),
    ],
)
@pytest.mark.parametrize("column", range(3))
def test_the_devices_in_use(is_present, is_connected, has_push, has_email, expected, column):
    recipient = Recipient(
        ANA,
        is_present=is_present,
        is_connected=is_connected,
        has_push=has_push,
        has_email=has_email,
        email_delay=15,
        desktop=column == 0,
        sound=Sound.NONE if column == 2 else Sound.BELL,
    )
    found = decided({Trigger.DIRECT}, recipient)
    assert found.channel == expected[column]
    assert found.cause == (Cause.ACTIVE if is_present else Cause.AWAY)
    assert found.on_page == ((DESKTOP, SOUND, NOTHING)[column] if is_connected else NOTHING)
    assert (found.email_due_at is not None) == has_email


@pytest.mark.parametrize("trigger", Trigger)
def test_only_direct_messages_and_mentions_are_emailed(trigger):
    recipient = replace(AWAY, level=ALL, has_email=True, email_delay=15)
    due_at = decided({trigger}, recipient).email_due_at
    is_emailed = trigger in {Trigger.DIRECT, Trigger.MENTION, Trigger.GROUP}
    assert due_at == (MESSAGE.at + timedelta(minutes=15) if is_emailed else None)


@pytest.mark.parametrize(
    ("weekday", "time", "is_quiet"),
    [
        (0, "21:59", False),
        (0, "22:00", True),
        (0, "23:59", True),
        (1, "00:00", True),
        (1, "06:59", True),
        (1, "07:00", False),
        (1, "12:00", False),
        (1, "22:00", False),  # Tuesday has none
        (2, "03:00", False),
        (5, "08:59", False),
        (5, "09:00", True),
        (5, "17:59", True),
        (5, "18:00", False),
        (6, "00:00", True),  # all day
        (6, "12:00", True),
        (6, "23:59", True),
        (0, "00:00", False),
        (0, "06:00", False),
        (4, "12:30", True),
        (4, "12:29", False),
        (4, "12:31", False),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_quiet_hours_by_weekday(weekday, time, is_quiet, zone):
    """Monday: 22:00 to 7:00 on the next day; Friday: one minute; Saturday: 9:00 to 18:00; Sunday: all day."""
    days = [EVENING_TO_MORNING, None, None, None, [750, 751], [9 * 60, 18 * 60], [0, 0]]
    hour, minute = map(int, time.split(":"))
    now = datetime(2026, 11, 23 + weekday, hour, minute, tzinfo=ZoneInfo(zone))
    recipient = replace(PRESENT, quiet_hours=days, zone=ZoneInfo(zone), has_email=True, email_delay=2)
    found = decided({Trigger.MENTION}, recipient, now=now, message=replace(MESSAGE, at=now))
    assert (found.channel, found.cause) == ((BADGE, Cause.QUIET_HOURS) if is_quiet else (DESKTOP, Cause.ACTIVE))
    assert found.email_due_at is not None  # an email doesn't disturb


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("has_push", [False, True])
def test_do_not_disturb(trigger, has_push):
    for recipient in (PRESENT, AWAY):
        found = decided({trigger}, replace(recipient, level=ALL, is_dnd=True, has_push=has_push))
        assert (found.channel, found.trigger, found.cause, found.on_page) == (BADGE, trigger, Cause.DND, NOTHING)


@pytest.mark.parametrize(("hours", "cause"), [(23, Cause.ACTIVE), (25, Cause.OLD)])
def test_old_messages_notify_nobody(hours, cause):
    message = replace(MESSAGE, at=SATURDAY_NIGHT - timedelta(hours=hours))
    assert decided({Trigger.DIRECT}, PRESENT, message=message).cause == cause


def recipients(**fields: st.SearchStrategy) -> st.SearchStrategy[Recipient]:
    """Return recipients of any kind, or with these fields."""
    anything = {
        "is_active": st.booleans(),
        "is_member": st.booleans(),
        "level": st.sampled_from(NotificationLevel.values),
        "is_muted": st.booleans(),
        "last_read_seq": st.sampled_from([0, 9, 10, 11]),
        "cleared_seq": st.sampled_from([0, 9, 10, 11]),
        "blocked": st.frozensets(st.sampled_from([BO, 3])),
        "muted": st.frozensets(st.sampled_from([BO, 3])),
        "hears_everyone": st.booleans(),
        "hears_threads": st.booleans(),
        "is_dnd": st.booleans(),
        "quiet_hours": st.lists(
            st.none() | st.tuples(st.integers(0, 1439), st.integers(0, 1439)), min_size=7, max_size=7
        ),
        "is_present": st.booleans(),
        "is_connected": st.booleans(),
        "desktop": st.booleans(),
        "sound": st.sampled_from(Sound.values),
        "has_push": st.booleans(),
        "has_email": st.booleans(),
        "email_delay": st.sampled_from([0, 2, 15, 60]),
    }
    return st.builds(Recipient, user_id=st.just(ANA), **(anything | fields))


# Those whom nothing keeps from hearing of a message. Most recipients have several reasons at once.
UNHINDERED = recipients(
    is_active=st.just(True),
    is_member=st.just(True),
    level=st.sampled_from([ALL, MENTIONS]),
    is_muted=st.just(False),
    last_read_seq=st.just(9),
    cleared_seq=st.just(9),
    blocked=st.just(frozenset({3})),
    muted=st.just(frozenset({3})),
    is_dnd=st.just(False),
    quiet_hours=st.just([]),
)
TRIGGERS = st.frozensets(st.sampled_from(list(Trigger)))


@given(recipients() | UNHINDERED, TRIGGERS)
def test_nobody_is_disturbed_against_their_will(recipient, triggers):
    found = decided(triggers, recipient)
    may_not_hear = (
        not recipient.is_active
        or not recipient.is_member
        or BO in recipient.blocked | recipient.muted
        or max(recipient.last_read_seq, recipient.cleared_seq) >= MESSAGE.seq
        or not triggers
    )
    if may_not_hear:
        assert (found.channel, found.on_page, found.email_due_at) == (NOTHING, NOTHING, None)
    is_quiet = recipient.is_dnd or are_quiet(recipient.quiet_hours, SATURDAY_NIGHT)
    if recipient.is_muted or recipient.level == NONE or is_quiet:
        assert found.channel in {NOTHING, BADGE}
        assert found.on_page == NOTHING
    if not recipient.is_connected:
        assert found.on_page == NOTHING
        assert found.channel not in {SOUND, DESKTOP}  # those who are logged out only have a badge, or an email
    if found.channel == PUSH:
        assert recipient.has_push
        assert not recipient.is_present
    if found.channel != NOTHING:
        assert found.trigger in triggers


@pytest.mark.parametrize(
    ("hindrance", "allowed"),
    [
        pytest.param({"is_active": False}, {NOTHING}, id="suspended"),
        pytest.param({"is_member": False}, {NOTHING}, id="removed"),
        pytest.param({"blocked": frozenset({BO})}, {NOTHING}, id="blocks the sender"),
        pytest.param({"muted": frozenset({BO})}, {NOTHING}, id="mutes the sender"),
        pytest.param({"last_read_seq": 10}, {NOTHING}, id="has read it"),
        pytest.param({"cleared_seq": 10}, {NOTHING}, id="has cleared it"),
        pytest.param({"is_muted": True}, {NOTHING, BADGE}, id="mutes the room"),
        pytest.param({"level": NONE}, {NOTHING, BADGE}, id="wants nothing"),
        pytest.param({"is_dnd": True}, {NOTHING, BADGE}, id="do not disturb"),
        pytest.param({"quiet_hours": [[0, 0]] * 7}, {NOTHING, BADGE}, id="always quiet"),
        pytest.param(
            {"is_connected": False, "is_present": False, "has_push": False}, {NOTHING, BADGE, EMAIL}, id="logged out"
        ),
    ],
)
@given(recipient=UNHINDERED, triggers=TRIGGERS)
def test_one_hindrance_is_enough(hindrance, allowed, recipient, triggers):
    found = decided(triggers, replace(recipient, **hindrance))
    assert found.channel in allowed
    assert found.on_page == NOTHING
    assert found.email_due_at is None or allowed != {NOTHING}
