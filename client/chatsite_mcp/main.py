"""Passes messages between an agent and a site.

A line of input is a request to the site's /mcp, and its answer a line of output. Nothing else is written there.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec

from chatsite_client.i18n import gettext as _

TIMEOUT = 60.0
SERVER_ERROR = -32_000  # as JSON-RPC reserves it for servers


def main() -> None:
    arguments = _arguments()
    token = arguments.token_file.read_text() if arguments.token_file else os.environ.get("CHATSITE_TOKEN", "")
    if not token.strip():
        sys.exit(_("Give an API token in CHATSITE_TOKEN, or in a file with --token-file."))
    headers = {"Authorization": f"Bearer {token.strip()}", "Content-Type": "application/json"}
    with httpx.Client(base_url=arguments.url, headers=headers, timeout=TIMEOUT) as client:
        for line in sys.stdin.buffer:
            if message := line.strip():
                answer = _forward(client, message)
                if answer:
                    sys.stdout.buffer.write(answer + b"\n")
                    sys.stdout.buffer.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chatsite-mcp", description=_("Passes messages between an agent and a site."))
    parser.add_argument("url", help=_("the address of the site"))
    parser.add_argument("--token-file", type=Path, help=_("a file with an API token, instead of CHATSITE_TOKEN"))
    return parser.parse_args()


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
