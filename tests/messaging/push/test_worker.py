"""Sending push notifications: once each, and none is lost, whether push services fail or a server is killed."""

import asyncio
import json
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from messaging.models import PushSubscription, RoomPush
from messaging.push import rest, worker
from messaging.push.rest import Rest
from messaging.push.worker import PushWorker
from rooms.read_markers import ReadMarker, move_markers
from tests.factories import make_member, make_room, make_user, post
from tests.push_service import Received, status
from tests.push_site import notify, subscribe_device
from tests.server import run_site
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.05)


@pytest.fixture
def running(service):
    running = PushWorker()
    yield running
    stop(running)


@pytest.fixture
def room(ana):
    return make_room("Garden", owner=ana)


@pytest.fixture
def message(room, ana):
    return post(room, ana, "Hello")


def stop(running: PushWorker) -> None:
    asyncio.run(running.stop())


def is_done() -> bool:
    return not RoomPush.objects.filter(due_at__isnull=False).exists()


def make_due() -> None:
    RoomPush.objects.filter(due_at__isnull=False).update(due_at=timezone.now(), claim=None)


def add_people(room, service, number: int) -> list:
    """Add members, each with a device, which is named after them."""
    people = [make_user() for _ in range(number)]
    for person in people:
        make_member(room, person)
        subscribe_device(person, service.device(str(person.pk)))
    return people


def test_everyone_is_notified_once(running, room, ana, message, service):
    people = add_people(room, service, 130)  # more than are claimed at once
    notify(message, *people)
    wait_until(is_done, "all notifications are sent")
    assert Counter(service.paths()) == Counter(f"/send/{person.pk}" for person in people)
    assert set(PushSubscription.objects.values_list("result", "reason")) == {("delivered", "")}


def test_the_device_can_read_it(running, room, message, service):
    mira = make_user("mira")
    make_member(room, mira)
    device = service.device()
    subscribe_device(mira, device)
    notify(message, mira)
    wait_until(is_done, "it is sent")
    sent = json.loads(device.decrypt(service.accepted[0].body))
    assert sent["notification"]["body"] == "Hello"


def test_each_kind_of_answer_has_its_consequence(running, room, message, service, monkeypatch):
    monkeypatch.setattr(rest, "FAILURES", 1_000)
    people = add_people(room, service, 12)
    codes = dict(zip([f"/send/{person.pk}" for person in people], [201, 410, 404, 429, 503, 400] * 2, strict=True))
    seen: Counter[str] = Counter()

    def reply(received: Received):
        seen[received.path] += 1
        code = codes[received.path]
        return (201 if code in (429, 503) and seen[received.path] > 1 else code), {"Retry-After": "0"}, b""

    service.reply = reply
    notify(message, *people)
    wait_until(lambda: RoomPush.objects.filter(due_at__gt=timezone.now(), claim=None).count() == 4, "four wait")
    make_due()
    wait_until(is_done, "all are settled")
    accepted = [path for path, code in codes.items() if code in (201, 429, 503)]
    assert Counter(service.paths()) == Counter(accepted)
    results = {f"/send/{each.user_id}": each.result for each in PushSubscription.objects.all()}
    assert results == {
        path: "refused" if code == 400 else "delivered" for path, code in codes.items() if code not in (404, 410)
    }


def test_retry_after_is_respected(running, room, message, service):
    service.reply = status(429, Retry_After="1800")
    notify(message, *add_people(room, service, 1))
    wait_until(lambda: PushSubscription.objects.filter(result="unreachable").exists(), "it is refused for now")
    assert RoomPush.objects.get().due_at - timezone.now() > timedelta(minutes=25)


def test_a_push_service_that_is_down_is_left_alone_for_a_while(running, room, message, service, caplog):
    service.reply = lambda received: None
    people = add_people(room, service, 60)
    notify(message, *people)
    wait_until(lambda: RoomPush.objects.filter(claim=None, attempts=1).count() == 60, "all wait")
    assert len(service.received) < 60
    assert [record.getMessage().partition(":")[0] for record in caplog.records if record.levelname == "ERROR"] == [
        "the push service 127.0.0.1"
    ]
    service.reply = status(201)
    running._rest = Rest()
    make_due()
    wait_until(is_done, "all are sent")
    assert Counter(service.paths()) == Counter(f"/send/{person.pk}" for person in people)


def test_a_slow_push_service_does_not_hold_up_the_others(running, room, message, service):
    slow, *quick = add_people(room, service, 40)
    release = threading.Event()

    def reply(received: Received):
        if received.path == f"/send/{slow.pk}":
            release.wait(10)
        return 201, {}, b""

    service.reply = reply
    notify(message, slow, *quick)
    wait_until(lambda: len(service.accepted) == 39, "the others are sent")
    release.set()
    wait_until(is_done, "it is sent")


def test_two_workers_send_nothing_twice(running, room, message, service):
    another = PushWorker()
    try:
        people = add_people(room, service, 150)
        notify(message, *people)
        wait_until(is_done, "all are sent")
    finally:
        stop(another)
    assert Counter(service.paths()) == Counter(f"/send/{person.pk}" for person in people)


def test_what_is_read_in_the_meantime_is_closed(running, room, message, service):
    [mira] = add_people(room, service, 1)
    notify(message, mira)
    wait_until(is_done, "it is sent")
    move_markers([ReadMarker(mira.pk, room.pk, message.seq)])
    wait_until(lambda: not RoomPush.objects.exists(), "it is closed")
    assert len(service.accepted) == 2


def test_stopping_leaves_the_rest_to_the_next_process(room, message, service):
    people = add_people(room, service, 90)
    # A slow push service, so that the worker stops while most are still waiting. Without the pause, none might be left.
    service.reply = lambda received: time.sleep(0.1) or (201, {}, b"")
    stopped = PushWorker()
    notify(message, *people)
    wait_until(lambda: len(service.accepted) >= 10, "some are sent")
    stop(stopped)
    assert RoomPush.objects.exclude(claim=None).count() == 0
    service.reply = status(201)
    make_due()
    another = PushWorker()
    wait_until(is_done, "the rest is sent")
    stop(another)
    assert Counter(service.paths()) == Counter(f"/send/{person.pk}" for person in people)


def test_what_came_of_notifications_is_stored_after_an_error(running, room, message, service, monkeypatch, caplog):
    """It isn't forgotten: those that were sent would be sent again."""
    real, failures = worker._record, iter([True, True, False])

    def record(done):
        if next(failures, False):
            raise RuntimeError("unexpected")
        real(done)

    monkeypatch.setattr(worker, "_record", record)
    people = add_people(room, service, 3)
    notify(message, *people)
    wait_until(lambda: PushSubscription.objects.filter(result="delivered").count() == 3, "all are sent and stored")
    wait_until(is_done, "nothing is left")
    assert "unexpected" in caplog.text
    assert Counter(service.paths()) == Counter(f"/send/{person.pk}" for person in people)


@pytest.mark.slow
@pytest.mark.skipif(
    database.vendor != "sqlite",
    reason="kills a site on the tests' database, which must be SQLite; runs in the main test run",
)
def test_a_killed_server_loses_nothing(room, message, service, tmp_path):
    """Its notifications are sent by the next one, some of them twice, which devices show once."""
    people = add_people(room, service, 150)
    # A slow push service, so that the server is killed while some are still waiting.
    service.reply = lambda received: time.sleep(0.05) or (201, {}, b"")
    environment = {"CHAT_PUSH_HOSTS": service.host, "SSL_CERT_FILE": str(service.certificate)}
    with run_site("uvicorn", database.settings_dict["NAME"], tmp_path / "first", **environment) as site:
        notify(message, *people)
        wait_until(lambda: len(service.accepted) >= 40, "some are sent")
        site.process.kill()
    before = len(service.accepted)
    assert before < 150
    make_due()  # after the lease
    with run_site("uvicorn", database.settings_dict["NAME"], tmp_path / "second", **environment):
        wait_until(is_done, "all are sent")
    counts = Counter(service.paths())
    assert set(counts) == {f"/send/{person.pk}" for person in people}
    assert max(counts.values()) <= 2
    topics = {each.headers["topic"] for each in service.accepted}
    assert topics == {f"room-{room.pk}"}
