"""The command: its arguments, logging in and out, and its exit status."""

import argparse
import asyncio
import os
import sys
from getpass import getpass
from pathlib import Path

from chatsite_client import ChatsiteError, Client, Credentials, LoginRefused, Unreachable, log_in, log_out
from chatsite_client.credentials import clean_url
from chatsite_terminal.i18n import gettext as _
from chatsite_terminal.login_store import LoginStore
from chatsite_terminal.plain import run_plain

OK, FAILED, USAGE, NOT_LOGGED_IN, UNREACHABLE = range(5)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    store = LoginStore()
    try:
        url = clean_url(options.url or os.environ.get("CHATSITE_URL") or store.latest or "http://127.0.0.1:8000")
        if options.log_out:
            return _log_out(url, store)
        credentials = _credentials(url, options, store)
        return _run(Client(url, credentials=credentials), options)
    except (ValueError, OSError) as error:
        return _fail(str(error), USAGE)
    except LoginRefused as error:
        return _fail(_("{error} To log in again, run this with --log-out first.").format(error=error), NOT_LOGGED_IN)
    except Unreachable as error:
        return _fail(str(error), UNREACHABLE)
    except ChatsiteError as error:
        return _fail(str(error), FAILED)
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        return 130


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=os.environ.get("CHATSITE_COMMAND", "chatsite"),
        description=_("Chat in the terminal."),
        epilog=_(
            "Exit status: 0 done, 1 a message wasn’t sent, 2 wrong usage, 3 not logged in, 4 the site can’t be reached."
        ),
    )
    parser.add_argument("url", nargs="?", help=_("the address of the site (by default, the one that you used last)"))
    parser.add_argument("--room", help=_("the room to open, or the username for a conversation"))
    parser.add_argument("--token-file", type=Path, help=_("a file with an API token, also in CHATSITE_TOKEN"))
    parser.add_argument("--log-out", action="store_true", help=_("forget the login for the site"))
    parser.add_argument("--theme", choices=["dark", "light"], help=_("colors for a dark or a light terminal"))
    parser.add_argument(
        "--plain",
        action="store_true",
        help=_("one line for each message, and each line that you enter is sent; for screen readers and pipes"),
    )
    parser.add_argument("--lines", type=int, metavar="N", help=_("with --plain: how many earlier messages to print"))
    parser.add_argument(
        "--timeout",
        type=float,
        default=30,
        metavar="SECONDS",
        help=_("with --plain: how long to wait for a connection"),
    )
    return parser


def _run(client: Client, options: argparse.Namespace) -> int:
    if options.plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return asyncio.run(run_plain(client, options))
    from chatsite_terminal.app import run_app  # takes half a second, which the plain interface doesn't need

    status, error = asyncio.run(run_app(client, options))
    return _fail(error, status) if error else status


def _credentials(url: str, options: argparse.Namespace, store: LoginStore) -> Credentials:
    """Return the token that was given, the stored login, or a new one that is then stored."""
    if options.token_file is not None:
        return Credentials(token=options.token_file.read_text().strip())
    if token := os.environ.get("CHATSITE_TOKEN", "").strip():
        return Credentials(token=token)
    if (stored := store.get(url)) is not None:
        store.remember(url)
        return stored
    if not sys.stdin.isatty():
        raise LoginRefused(
            _("You aren’t logged in to {url}. Run this in a terminal once, or set CHATSITE_TOKEN.").format(url=url)
        )
    credentials = _ask(url)
    store.set(url, credentials)
    return credentials


def _ask(url: str) -> Credentials:
    """Ask for the username and the password until they are right."""
    print(_("Log in to {url}").format(url=url))
    while True:
        username = input(_("Username or email: ")).strip()
        try:
            return asyncio.run(log_in(url, username, getpass(_("Password: ")), ask_code=_ask_code))
        except LoginRefused as error:
            print(error, file=sys.stderr)


async def _ask_code() -> str:
    return await asyncio.to_thread(input, _("Code from your authenticator app: "))


def _log_out(url: str, store: LoginStore) -> int:
    credentials = store.get(url)
    store.delete(url)
    if credentials is not None:
        asyncio.run(log_out(url, credentials))
    print(_("You’re logged out of {url}.").format(url=url))
    return OK


def _fail(text: str, status: int) -> int:
    print(text, file=sys.stderr)
    return status
