"""Files of the library: sent, received, refused and interrupted."""

import asyncio

import pytest

from chatsite_client import Attachment, Credentials, Refused, Unreachable, files
from chatsite_client.events import MessagePosted
from chatsite_client.http import HttpSite
from chatsite_terminal import downloads
from tests.client.test_client import next_of


async def test_a_file_is_sent_and_received(uvicorn, ana, mira, everyone, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("one\ntwo\n")
    async with ana.client(uvicorn) as client, mira.client(uvicorn) as other:
        events = other.events()
        progress = []
        upload = await files.upload(client.http, everyone.pk, path, progress=lambda *sizes: progress.append(sizes))
        await client.post(everyone.pk, "", attachments=[upload])
        (attachment,) = (await next_of(events, MessagePosted)).message.attachments
        assert (attachment.name, attachment.kind, progress) == ("notes.txt", "text", [(8, 8)])
        copy = tmp_path / "copy.txt"
        with copy.open("wb") as file:
            await files.download(other.http, attachment, file)
        assert copy.read_text() == "one\ntwo\n"


async def test_another_server_and_an_interrupted_download_are_errors(tmp_path):
    """A captive portal or a broken proxy may answer instead of the site."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_download = (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /attachments/")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nHello" % (1000 if is_download else 5))
        await writer.drain()
        writer.close()

    path = tmp_path / "notes.txt"
    path.write_text("one")
    attachment = Attachment(id="1", name="notes.txt", size=1000, url="/attachments/1/")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        site = HttpSite(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", Credentials(token="secret"))
        for work in (site.history(1), files.upload(site, 1, path), downloads.read_text(site, attachment)):
            with pytest.raises(Unreachable):
                await work
        with pytest.raises(Unreachable, match="interrupted"):
            await downloads.save(site, attachment, tmp_path)
        await site.close()
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


async def test_a_file_that_is_refused_is_an_error(uvicorn, ana, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("one")
    async with ana.client(uvicorn) as client:
        with pytest.raises(Refused) as refused:
            await files.upload(client.http, 999_999, path)
        assert refused.value.code == "not_found"
