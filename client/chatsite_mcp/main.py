"""Passes messages between an agent and a site.

A line of input is a request to the site's /mcp, and its answer a line of output. Nothing else is written there.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec

from chatsite_client.credentials import Credentials, clean_url
from chatsite_client.i18n import gettext as _

TIMEOUT = 60.0
ENDED = 128  # and the number of the signal
SERVER_ERROR = -32_000  # as JSON-RPC reserves it for servers


def main() -> None:
    arguments = _arguments()
    try:
        with _client(arguments.url, _token(arguments.token_file)) as client:
            _pass_on(client)
    except (ValueError, httpx.InvalidURL) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(ENDED + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left can't be written at the end
        sys.exit(ENDED + signal.SIGPIPE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chatsite-mcp", description=_("Passes messages between an agent and a site."))
    parser.add_argument("url", help=_("the address of the site"))
    parser.add_argument("--token-file", type=Path, help=_("a file with an API token, instead of CHATSITE_TOKEN"))
    return parser.parse_args()


def _token(path: Path | None) -> str:
    """Return the token in the file, or else in the environment. Raises ValueError if there is none."""
    try:
        token = path.read_text(errors="replace") if path else os.environ.get("CHATSITE_TOKEN", "")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    if not token.strip():
        raise ValueError(_("Give an API token in CHATSITE_TOKEN, or in a file with --token-file."))
    return token.strip()


def _client(address: str, token: str) -> httpx.Client:
    """Return a client of the site. Raises ValueError or InvalidURL if the address or the token can't be one."""
    url = clean_url(address)
    headers = {**Credentials(token=token).headers(url), "Content-Type": "application/json"}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT)


def _pass_on(client: httpx.Client) -> None:
    for line in sys.stdin.buffer:
        if (message := line.strip()) and (answer := _forward(client, message)):
            sys.stdout.buffer.write(answer + b"\n")
            sys.stdout.buffer.flush()


def _forward(client: httpx.Client, message: bytes) -> bytes:
    """Return the site's answer, or b"" if there is none. If it can't be reached, the agent receives an error."""
    try:
        response = client.post("/mcp", content=message)
    except httpx.HTTPError as error:
        return _error(message, f"The site can't be reached: {error or type(error).__name__}.")
    if response.is_success:
        return response.content
    return _error(message, _detail_of(response))


def _error(message: bytes, text: str) -> bytes:
    """Return an error for a message with an id. Notifications aren't answered."""
    call_id = _decoded(message).get("id")
    if call_id is None:
        return b""
    error = {"code": SERVER_ERROR, "message": text}
    return msgspec.json.encode({"jsonrpc": "2.0", "id": call_id, "error": error})


def _detail_of(response: httpx.Response) -> str:
    detail = _decoded(response.content).get("detail")
    return str(detail or f"The site answered with {response.status_code}.")


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}
    return decoded if isinstance(decoded, dict) else {}
