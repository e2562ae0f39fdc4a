"""The outbox on disk: crashes, several processes, and the order of what is sent."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatsite_client import Disconnected, Message, NotStored, Person, Refused
from chatsite_client.delivery import Delivery
from chatsite_client.outbox import Outbox, Post
from tests.checkout import ROOT
from tests.client.full_disk import full_disk
from tests.waiting import until


def files(folder):
    return sorted(folder.glob("*.outbox"))


def test_messages_are_kept_in_order_until_they_are_removed(tmp_path):
    outbox = Outbox(tmp_path)
    first, second = Post(room=1, body="one"), Post(room=1, body="two", reply_to=7)
    outbox.add(first)
    outbox.add(second)
    outbox.remove(first.client_id)
    assert list(outbox) == [second]
    outbox.close()
    assert Outbox(tmp_path).adopt() == [second]


def test_an_empty_outbox_leaves_no_file(tmp_path):
    outbox = Outbox(tmp_path)
    post = Post(room=1, body="one")
    outbox.add(post)
    outbox.remove(post.client_id)
    assert files(tmp_path)[0].read_bytes() == b""
    outbox.close()
    assert files(tmp_path) == []


def test_files_are_for_their_owner_only(tmp_path):
    folder = tmp_path / "new"
    Outbox(folder).add(Post(room=1, body="one"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert files(folder)[0].stat().st_mode & 0o777 == 0o600


def test_a_running_process_keeps_its_messages(tmp_path):
    first, second = Outbox(tmp_path), Outbox(tmp_path)
    first.add(Post(room=1, body="one"))
    assert second.adopt() == []
    assert len(first) == 1


def test_the_messages_of_a_killed_process_are_adopted_once(tmp_path):
    program = """
import os, sys
from pathlib import Path
from chatsite_client.outbox import Outbox, Post
outbox = Outbox(Path(sys.argv[1]))
for body in ("one", "two", "three"):
    outbox.add(Post(room=1, body=body, client_id=body))
outbox.remove("one")
os._exit(9)
"""
    environment = {"PYTHONPATH": f"{ROOT / 'client'}:{':'.join(sys.path)}"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=environment, check=False)
    first, second = Outbox(tmp_path), Outbox(tmp_path)
    assert [post.client_id for post in first.adopt()] == ["two", "three"]
    assert second.adopt() == []


def test_an_incomplete_last_line_is_ignored(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.add(Post(room=1, body="one"))
    path = files(tmp_path)[0]
    outbox.close()
    path.write_bytes(path.read_bytes() + b'{"post":{"room":1,"bo')
    assert [post.body for post in Outbox(tmp_path).adopt()] == ["one"]


@pytest.mark.parametrize("space", [0, 10], ids=["nothing", "a part"])
def test_a_message_that_does_not_fit_on_the_disk_is_not_in_the_outbox(tmp_path, space):
    outbox = Outbox(tmp_path)
    outbox.add(Post(room=1, body="one"))
    with full_disk(files(tmp_path)[0].stat().st_size + space), pytest.raises(NotStored, match="can’t be kept in"):
        outbox.add(Post(room=1, body="two"))
    assert [post.body for post in outbox] == ["one"]
    outbox.add(Post(room=1, body="three"))
    outbox.close()
    assert [post.body for post in Outbox(tmp_path).adopt()] == ["one", "three"]


def test_what_another_process_left_stays_there_until_it_fits_on_the_disk(tmp_path):
    left = Outbox(tmp_path)
    left.add(Post(room=1, body="one"))
    left.close()
    outbox = Outbox(tmp_path)
    with full_disk(10):
        assert outbox.adopt() == []
    assert len(outbox) == 0
    assert [post.body for post in outbox.adopt()] == ["one"]


def test_without_a_folder_nothing_can_be_kept(tmp_path):
    (tmp_path / "file").touch()
    outbox = Outbox(tmp_path / "file" / "outbox")
    assert outbox.adopt() == []
    with pytest.raises(NotStored, match="Not a directory"):
        outbox.add(Post(room=1, body="one"))
    assert len(outbox) == 0
    outbox.close()


def test_processes_that_start_and_end_together_take_over_each_message_once(tmp_path):
    def come_and_go(number: int) -> list[str]:
        outbox = Outbox(tmp_path)
        adopted = outbox.adopt()
        outbox.add(Post(room=1, body=str(number)))
        for post in adopted:
            outbox.remove(post.client_id)
        outbox.close()
        return [post.body for post in adopted]

    with ThreadPoolExecutor(8) as threads:
        adopted = [body for bodies in threads.map(come_and_go, range(400)) for body in bodies]
    adopted += [post.body for post in Outbox(tmp_path).adopt()]
    assert sorted(adopted, key=int) == [str(number) for number in range(400)]


class Server:
    """Accepts or refuses messages as told, and records the attempts."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self.outcomes: dict[str, list[Exception]] = {}

    async def send(self, post: Post) -> Message:
        await asyncio.sleep(0)
        self.attempts.append(post.body)
        if self.outcomes.get(post.body):
            raise self.outcomes[post.body].pop(0)
        return Message(id=1, room=post.room, seq=1, sender=Person(id=1), at="2026-11-30T10:00:00Z", body=post.body)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Server:
    return Server()


async def test_messages_wait_for_the_connection_and_keep_their_order(tmp_path, server):
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    results = [delivery.add(Post(room=1, body=body)) for body in ("one", "two", "three")]
    await asyncio.sleep(0)
    assert server.attempts == []
    delivery.resume()
    assert [(await result).body for result in results] == ["one", "two", "three"]
    assert server.attempts == ["one", "two", "three"]
    assert len(delivery.outbox) == 0


async def test_a_message_whose_reply_was_lost_is_sent_again_before_the_next(tmp_path, server):
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    server.outcomes["one"] = [Disconnected(1006, "lost")]
    results = [delivery.add(Post(room=1, body=body)) for body in ("one", "two")]
    delivery.resume()
    await until(lambda: server.attempts, "the message is sent")
    delivery.pause()
    delivery.resume()
    await asyncio.gather(*results)
    assert server.attempts == ["one", "one", "two"]


async def test_a_refused_message_is_reported_and_does_not_hold_up_others(tmp_path, server):
    reported = []
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: reported.append((post.body, refusal.code)))
    server.outcomes["one"] = [Refused("forbidden", "You can’t post here.")]
    first, second = (delivery.add(Post(room=1, body=body)) for body in ("one", "two"))
    delivery.resume()
    with pytest.raises(Refused, match="You can’t post here"):
        await first
    assert (await second).body == "two"
    assert reported == [("one", "forbidden")]


async def test_slow_mode_only_delays_its_own_room(tmp_path, server):
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    server.outcomes["slow"] = [Refused("slow_mode", "Wait.", retry_after=0.01)]
    slow, other = delivery.add(Post(room=1, body="slow")), delivery.add(Post(room=2, body="other"))
    delivery.resume()
    await asyncio.gather(slow, other)
    assert server.attempts == ["slow", "other", "slow"]


async def test_the_last_message_of_a_room_is_awaited_also_if_another_process_left_it(tmp_path, server):
    left = Outbox(tmp_path)
    left.add(Post(room=1, body="left"))
    left.close()
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    delivery.add(Post(room=2, body="other"))
    delivery.resume()
    assert (await delivery.last_of(1)).body == "left"
    assert delivery.last_of(1) is None


async def test_what_is_left_at_the_end_waits_for_the_next_start(tmp_path, server):
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    delivery.add(Post(room=1, body="one"))
    await delivery.close()
    again = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    again.resume()
    await until(lambda: not len(again.outbox), "the message is sent")
    assert server.attempts == ["one"]


async def test_what_was_sent_is_settled_although_the_disk_is_full(tmp_path, server):
    delivery = Delivery(Outbox(tmp_path), server.send, lambda post, refusal: None)
    results = [delivery.add(Post(room=1, body=body)) for body in ("one", "two", "three")]
    with full_disk(0):
        delivery.resume()
        await asyncio.gather(*results)
    assert server.attempts == ["one", "two", "three"]
    assert delivery.is_empty.is_set()
