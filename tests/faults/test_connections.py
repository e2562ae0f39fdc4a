"""Lines that lose answers, stand half open, or carry a post more than once."""

import asyncio
import uuid

from tests.faults.client import Event, Line
from tests.faults.observations import Log
from tests.faults.proxy import proxy
from tests.faults.sites import on
from tests.faults.workload import Scene, scene
from tests.faults.writer import WAIT
from tests.waiting import until


@on("embedded", whole=("organisation",))
async def test_an_answer_is_lost_after_the_commit(cluster, tmp_path, random, dose):
    async with proxy(cluster.port) as way, scene(cluster, tmp_path, random, writers=2, extra=1) as play:
        deaf = play.add_writer(way.socket_url, pace=0.02, fickle=0)
        for _ in range(dose(5, 30)):
            await play.until_all_write()
            way.swallow = True
            await until(
                lambda: deaf.on_its_way & cluster.database.client_ids(play.rooms), "a post is stored, unanswered"
            )
            welcomes = deaf.welcomes
            way.cut()
            way.swallow = False
            await until(
                lambda was=welcomes: deaf.welcomes > was, "it is back"
            )  # an answer may have come before the cut
        await play.until_all_write()
        await play.settle()


@on("embedded", whole=("organisation",))
async def test_lines_stand_half_open(cluster, tmp_path, random, dose):
    """And what was held in them reaches the server when its writer has long said it again elsewhere."""
    async with proxy(cluster.port) as way, scene(cluster, tmp_path, random, writers=2, readers=2, extra=4) as play:
        hasty = {"pulse": 0.5, "silence": 1.0}
        lines = [play.add_writer(way.socket_url, **hasty) for _ in range(2)]
        lines += [play.add_reader(way.socket_url, **hasty) for _ in range(2)]
        await play.until_all_are_in()
        for _ in range(dose(3, 15)):
            await play.until_all_write()
            welcomes = {line: line.welcomes for line in lines}
            way.hold()
            await until(lambda w=welcomes: all(line.welcomes > was for line, was in w.items()), play.tally)
            await play.until_all_write()
            way.release()
        await play.settle()


@on("embedded", "organisation")
async def test_the_same_post_ten_times_at_once(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random, writers=1, extra=1) as play:
        lines = await _lines_of_one_person(play, 10)
        log = play.logs[-1]
        for number in range(dose(10, 100)):
            post = {"room": play.rooms[0], "client_id": str(uuid.uuid4()), "body": f"ten times {number}"}
            log.write("tried", sender=lines[0].welcome["user"]["id"], **post)
            answers = await asyncio.gather(*(_insist(line, post) for line in lines))
            assert len({_numbers(answer["message"]) for answer in answers}) == 1
            log.write("acked", client_id=post["client_id"], **dict(_numbers(answers[0]["message"])))
        await play.settle()


@on("organisation", whole=("embedded",))
async def test_one_name_for_two_posts_at_once(cluster, tmp_path, random, dose):
    """One of them wins, the other is a conflict, on whichever process it comes in."""
    async with scene(cluster, tmp_path, random, writers=1, extra=1) as play:
        lines = await _lines_of_one_person(play, 2)
        log = play.logs[-1]
        for number in range(dose(10, 100)):
            name = {"room": play.rooms[0], "client_id": str(uuid.uuid4())}
            posts = [{**name, "body": f"{word} {number}"} for word in ("heads", "tails")]
            answers = await asyncio.gather(*(_insist(line, post) for line, post in zip(lines, posts, strict=True)))
            assert sorted(answer.get("code", "ok") for answer in answers) == ["conflict", "ok"], answers
            won = next(place for place, answer in enumerate(answers) if answer["type"] == "ok")
            log.write("tried", sender=lines[0].welcome["user"]["id"], **posts[won])
            log.write("acked", client_id=name["client_id"], **dict(_numbers(answers[won]["message"])))
        await play.settle()


@on("organisation")
async def test_commits_of_two_processes_are_told_in_another_order(cluster, tmp_path, random, dose):
    """What one process tells the others comes up to half a second late: later commits overtake it."""
    late = cluster.servers[0]
    async with proxy(cluster.redis.port) as way:
        way.delay = lambda: random.uniform(0, 0.5)
        async with (
            late.as_another(REDIS_URL=f"redis://127.0.0.1:{way.port}/0"),
            scene(cluster, tmp_path, random, writers=0, readers=0, rooms=1, extra=9) as play,
        ):
            for server in cluster.servers:
                play.add_writer(server.socket_url)
                play.add_reader(server.socket_url)
                play.add_reader(server.socket_url)
            await play.until_all_are_in()
            await play.progress(dose(200, 3_000))
            await play.settle()


async def _lines_of_one_person(play: Scene, count: int) -> list[Line]:
    """Spread over all processes; what they write goes to the last of the scene's logs."""
    session = play.sessions.pop()
    servers = (play.cluster.servers * count)[:count]
    play.logs.append(Log(play.folder / "by hand.log"))
    return [await play.add_line(server.socket_url, session) for server in servers]


async def _insist(line: Line, post: Event) -> Event:
    while True:
        answer = await line.call("message.post", **post)
        if answer.get("code") not in WAIT:
            return answer
        await asyncio.sleep(answer.get("retry_after") or 0.2)


def _numbers(message: Event) -> tuple[tuple[str, int], ...]:
    return tuple((key, message[key]) for key in ("id", "seq", "version"))
