"""Attacks by members and strangers, and their effect on other users."""

from bench.attacks.files import SMALL_FILE, browser_of, change_photo_often, delete_messages, upload, upload_costly_files
from bench.attacks.members import measure_messages, measure_removal
from bench.attacks.sampling import worst
from bench.attacks.strangers import log_in_many, refused_beside_broken_cookies, request_emails, send_headers
from bench.machine import memory_bytes
from bench.scenarios import Outcome
from bench.servers import RunningServer

ATTACKS_ON_PAGES = {
    "costly photos": change_photo_often,
    "50,000 deletions": delete_messages,
    "120 logins": log_in_many,
    "hanging mail server": request_emails,
}


async def measure(server: RunningServer) -> Outcome:
    """Measure the effect of each attack on other users. CHAT_BURST should allow all of the costly messages.

    The first room contains the messages to delete; the other attacks need two more rooms.
    """
    outcome = Outcome()
    honest = server.participants[1]
    await measure_messages(server, outcome, honest.room)
    async with browser_of(server, honest) as browser:
        page = lambda: browser.get("/people/")  # noqa: E731
        picture = lambda: upload(browser, honest.room, "small.png", SMALL_FILE)  # noqa: E731
        await page()
        outcome.figures["costly files: worst small picture, ms"] = await worst(upload_costly_files(server), picture)
        for name, attack in ATTACKS_ON_PAGES.items():
            outcome.figures[f"{name}: worst page, ms"] = await worst(attack(server), page)
        before = memory_bytes(server.processes[0])
        outcome.figures["endless headers: worst page, ms"] = await worst(send_headers(server), page)
        outcome.figures["endless headers: MB grown"] = (memory_bytes(server.processes[0]) - before) / 1e6
    outcome.figures["broken cookies: others refused"] = await refused_beside_broken_cookies(server)
    outcome.figures["removal: seconds until nothing is heard"] = await measure_removal(server)
    outcome.stored += 2
    return outcome
