"""kill -9 of a server at random moments, while people write and read."""

from tests.faults.scene import scene
from tests.faults.sites import on


@on("embedded", "organisation")
async def test_a_server_is_killed_at_random_moments(cluster, tmp_path, random, dose):
    async with scene(cluster, tmp_path, random) as play:
        for _ in range(dose(3, 20)):
            await play.progress(random.randrange(3, 60))
            server = random.choice(cluster.servers)
            server.kill()
            server.begin()
        for server in cluster.servers:
            server.wait_ready()
        await play.until_all_write()
        await play.settle()
