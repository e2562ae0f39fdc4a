"""The language in which a site answers someone who isn't logged in yet."""

import asyncio

import pytest

from chatsite_client import LoginRefused, log_in
from chatsite_client.i18n import VARIABLES, accepted_languages


@pytest.mark.parametrize(
    ("variables", "languages"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de-DE"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "pt_BR"}, "pt-BR"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "sr@latin:zh_Hans_CN:fr"}, "sr, zh-Hans-CN, fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "\n: x"}, "en"),
        ({}, "en"),
    ],
    ids=["LANG", "LC_ALL", "LANGUAGE", "C", "POSIX", "nonsense", "none"],
)
def test_the_languages_are_those_of_the_terminal(monkeypatch, variables, languages):
    for name in VARIABLES:
        monkeypatch.setenv(name, variables.get(name, ""))
    assert accepted_languages() == languages


async def test_errors_of_the_login_are_in_the_language_of_the_terminal(monkeypatch):
    asked = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        content = '{"form": {"errors": ["Falsches Passwort."]}}'
        writer.write(f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode())
        await writer.drain()
        writer.close()

    monkeypatch.setenv("LANGUAGE", "de")
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(LoginRefused, match="Falsches Passwort"):
            await log_in(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "ana", "wrong")
    assert all(b"\r\naccept-language: de\r\n" in request.lower() for request in asked)
