"""Files that have been deleted or belong to a blocked user."""

from playwright.sync_api import expect

from tests.e2e import files
from tests.e2e.browser import BrowserSession
from tests.server import Site
from tests.waiting import wait_until


def stored(site: Site) -> list[str]:
    folders = (site.data_dir / "media/attachments", site.data_dir / "uploads")
    return [path.name for folder in folders for path in folder.rglob("*") if path.is_file()]


def send_files(visitor: BrowserSession, text: str, *chosen: files.File) -> None:
    files.choose(visitor, *chosen)
    files.wait_until_uploaded(visitor, len(chosen))
    visitor.send(text)
    visitor.sees_all_sent()


def urls_in(visitor: BrowserSession) -> list[str]:
    """Return the URLs of all attachments that are shown or linked."""
    return visitor.page.evaluate(
        """() => [...document.querySelectorAll(".msg__files [src], .msg__files [href*='/attachments/']")]
             .map((each) => each.getAttribute("src") ?? each.getAttribute("href"))"""
    )


def test_a_deleted_file_is_unavailable_at_once_and_leaves_the_disk(uvicorn, enter, everyone):
    before = set(stored(uvicorn))
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    send_files(ana, "The plan", files.image(), files.text("plan.py", "x = 1\n" * 40), files.data("plan.zip", 1000))
    mira.sees("The plan")
    expect(mira.page.locator(".msg__files img")).to_have_count(1)
    addresses = urls_in(mira)
    assert len(addresses) >= 3
    assert {mira.context.request.get(each).status for each in addresses} == {200}
    assert len(set(stored(uvicorn)) - before) >= 5

    ana.delete("The plan")
    mira.sees("Message deleted")
    expect(mira.page.locator(".msg__files > *")).to_have_count(0)
    assert {mira.context.request.get(each).status for each in addresses} == {404}
    wait_until(lambda: not set(stored(uvicorn)) - before, "nothing is stored any more")


def test_files_of_a_blocked_person_are_hidden_everywhere(uvicorn, enter, everyone):
    ana, mira = enter(uvicorn, "Ana Ferreira").open(everyone), enter(uvicorn, "Mira Sol").open(everyone)
    send_files(ana, "A picture of mine", files.image("mine.png"))
    mira.sees("A picture of mine")
    send_files(mira, "And mine", files.data("own.zip", 10))
    addresses = [each for each in urls_in(mira) if mira.context.request.get(each).ok]

    mira.send("/block ana")
    mira.sees_no("A picture of mine")
    expect(mira.page.locator(".msg__files img")).to_have_count(0)
    assert sorted(mira.context.request.get(each).status for each in addresses) == [200] + [404] * (len(addresses) - 1)
    mira.page.locator("room-info [data-action='files']").click()
    expect(mira.page.locator("#room-files .file-row .filename")).to_have_text(["own.zip"])
    mira.page.keyboard.press("Escape")

    send_files(ana, "Another one", files.image("another.png"))
    mira.send("Nothing came")
    mira.sees_all_sent()
    mira.sees_no("Another one")
    mira.page.reload()
    mira.sees("Nothing came")
    expect(mira.page.locator(".msg__files img")).to_have_count(0)
