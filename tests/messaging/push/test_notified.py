"""Messages that concern someone who is away are pushed to their devices."""

import pytest

from accounts.models import Connection, ServerProcess
from messaging.models import NotificationPreferences, RoomPush
from messaging.notifications import notify
from rooms.actions import open_direct_room
from tests.factories import make_member, make_room, make_user, post
from tests.push_device import Device
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_key(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def mira():
    mira = make_user("mira")
    subscribe_device(mira, Device())
    return mira


def run() -> None:
    while notify.notify_piece() | notify.notify_next_people():
        pass


def test_a_direct_message_is_pushed_at_once(ana, mira):
    message = post(open_direct_room(user=ana, other=mira), ana, "Hello")
    run()
    pushed = RoomPush.objects.get()
    assert (pushed.subscription.user, pushed.message, pushed.urgency) == (mira, message, "high")


@pytest.mark.parametrize(("kind", "is_pushed"), [("page", False), ("terminal", False), ("bot", True)])
def test_a_program_that_is_always_connected_does_not_keep_messages_from_the_devices(ana, mira, kind, is_pushed):
    process = ServerProcess.objects.create(host="here", pid=1)
    Connection.objects.create(process=process, user=mira, kind=kind)
    post(open_direct_room(user=ana, other=mira), ana, "Hello")
    run()
    assert RoomPush.objects.exists() == is_pushed


def test_a_message_that_does_not_concern_the_user_is_not_pushed(ana, mira):
    room = make_room(owner=ana)
    make_member(room, mira)
    post(room, ana, "Hello everyone else")
    run()
    assert not RoomPush.objects.exists()


def test_a_mention_of_everyone_is_pushed_without_hurry(ana, mira):
    room = make_room(owner=ana)
    make_member(room, mira)
    post(room, ana, "@room Hello")
    run()
    assert RoomPush.objects.get().urgency == "normal"


def test_nothing_is_pushed_to_those_who_turned_it_off(ana, mira):
    NotificationPreferences.objects.create(user=mira, push=False)
    post(open_direct_room(user=ana, other=mira), ana, "Hello")
    run()
    assert not RoomPush.objects.exists()
