"""The number of bytes that the first visit transfers."""

from tests.e2e.conftest import post_messages
from tests.factories import make_member, make_room

MOST = 150 * 1024


def test_the_first_visit_stays_under_150_kilobytes(uvicorn, enter, register, everyone):
    ana = register("Ana Ferreira")
    post_messages(
        everyone, ana, *[f"A message from usual length, with a **word** in bold: number {n}" for n in range(60)]
    )
    mira = register("Mira Sol")
    for n in range(20):
        make_member(make_room(f"Room {n}", owner=ana), mira)
    visitor = enter(uvicorn, mira, service_workers="allow")
    received: dict[str, int] = {}
    urls: dict[str, str] = {}
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("Network.enable")
    devtools.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    devtools.on(
        "Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]})
    )
    visitor.open(everyone)
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.locator("room-info dl").wait_for()
    sizes = {urls[request]: size for request, size in received.items() if request in urls}
    assert len(sizes) > 10
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert sum(sizes.values()) < MOST, largest
    print(f"{sum(sizes.values())} bytes in {len(sizes)} requests; {largest}")
    assert visitor.watch.hosts == {"127.0.0.1"}
