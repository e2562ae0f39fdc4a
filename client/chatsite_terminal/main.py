"""The command: its arguments, logging in and out, and its exit status."""

import argparse
import asyncio
import locale
import os
import signal
import sys
from contextlib import suppress
from getpass import getpass
from pathlib import Path

from chatsite_client import ChatsiteError, Client, Credentials, LoginRefused, Unreachable, __version__, log_in, log_out
from chatsite_client.credentials import clean_url
from chatsite_client.i18n import gettext as _
from chatsite_terminal.lines import error_text
from chatsite_terminal.login_store import LoginStore
from chatsite_terminal.plain import run_plain
from chatsite_terminal.safe_text import clean_line

OK, FAILED, USAGE, NOT_LOGGED_IN, UNREACHABLE = range(5)
ENDED = 128  # and the number of the signal
ATTEMPTS = 3  # to enter the password


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    with suppress(locale.Error):
        locale.setlocale(locale.LC_TIME, "")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # not all encodings have emoji
    options = make_parser().parse_args(arguments)
    store = LoginStore()
    try:
        url = clean_url(options.url or os.environ.get("CHATSITE_URL") or store.latest or "http://127.0.0.1:8000")
        if options.log_out:
            return _log_out(url, store)
        return _chat(url, options, store)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left can't be written at the end
        return ENDED + signal.SIGPIPE
    except (ValueError, OSError) as error:
        return _fail(error_text(error), USAGE)
    except LoginRefused as error:
        return _fail(str(error), NOT_LOGGED_IN)
    except Unreachable as error:
        return _fail(str(error), UNREACHABLE)
    except ChatsiteError as error:
        return _fail(str(error), FAILED)
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        return ENDED + signal.SIGINT


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=os.environ.get("CHATSITE_COMMAND", "chatsite"),
        description=_("Chat in the terminal."),
        epilog=_(
            "Exit status: 0 done, 1 a message wasn’t sent, 2 wrong usage, 3 not logged in, 4 the site can’t be reached."
        ),
    )
    parser.add_argument("--version", action="version", version=f"Chatsite {__version__}")
    parser.add_argument("url", nargs="?", help=_("the address of the site (by default, the one that you used last)"))
    parser.add_argument("--room", help=_("the room to open, or the username for a conversation"))
    parser.add_argument("--token-file", type=Path, help=_("a file with an API token, also in CHATSITE_TOKEN"))
    parser.add_argument("--log-out", "--logout", action="store_true", help=_("forget the login for the site"))
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


def _chat(url: str, options: argparse.Namespace, store: LoginStore) -> int:
    credentials = _credentials(url, options, store)
    client = Client(url, credentials=credentials)
    try:
        if options.plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return asyncio.run(run_plain(client, options))
        from chatsite_terminal.app import run_app  # takes half a second, which the plain interface doesn't need

        return asyncio.run(run_app(client, options))
    except LoginRefused as error:
        if credentials.token:
            raise
        text = _("{error} To log in again, run this with --log-out first.")
        raise LoginRefused(text.format(error=error)) from None


def _credentials(url: str, options: argparse.Namespace, store: LoginStore) -> Credentials:
    """Return the token that was given, the stored login, or a new one that is then stored."""
    if options.token_file is not None:
        return _read_token(options.token_file)
    if token := os.environ.get("CHATSITE_TOKEN", "").strip():
        return Credentials(token=token)
    if (stored := store.get(url)) is not None:
        with suppress(OSError):
            store.remember(url)
        return stored
    if not sys.stdin.isatty():
        raise LoginRefused(
            _("You aren’t logged in to {url}. Run this in a terminal once, or set CHATSITE_TOKEN.").format(url=url)
        )
    credentials = _ask(url)
    try:
        store.set(url, credentials)
    except OSError as error:
        _say(clean_line(_("This login can’t be kept: {reason}.").format(reason=error_text(error))))
    return credentials


def _read_token(path: Path) -> Credentials:
    if not (token := path.read_text(errors="replace").strip()):
        raise ValueError(_("{path} has no API token.").format(path=path))
    return Credentials(token=token)


def _ask(url: str) -> Credentials:
    """Ask for the username and the password. Raises LoginRefused after three failures."""
    _say(_("Log in to {url}").format(url=url))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return asyncio.run(log_in(url, _ask_username(), getpass(_("Password: "))))
        except LoginRefused as error:
            if attempt == ATTEMPTS:
                raise
            _say(clean_line(str(error)))
    raise AssertionError


def _ask_username() -> str:
    """Ask on the standard error, because the standard output may be a file."""
    print(_("Username or email: "), end="", file=sys.stderr, flush=True)
    return input().strip()


def _log_out(url: str, store: LoginStore) -> int:
    """Forget the login, even if the site can't be told that its session has ended."""
    credentials = store.get(url)
    store.delete(url)
    if credentials is not None:
        try:
            asyncio.run(log_out(url, credentials))
        except Unreachable as error:
            text = _("{error} This login was forgotten. To end its session, log in and open Settings › Sessions.")
            return _fail(text.format(error=error), UNREACHABLE)
    print(_("You’re logged out of {url}.").format(url=url))
    return OK


def _fail(text: str, status: int) -> int:
    _say(clean_line(text))
    return status


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
