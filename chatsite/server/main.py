"""`python -m chatsite.server` prepares the site and serves it with one or more processes until it is stopped."""

import asyncio
import faulthandler
import logging
import os
import sys
from collections.abc import Mapping

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from chatsite.conf import env, files
from chatsite.server.bind import Sockets, listen, raise_file_limit
from chatsite.server.bootstrap import prepare
from chatsite.server.data_dir import NotReady, act_as_owner, claim
from chatsite.server.systemd import report_alive

logger = logging.getLogger(__name__)

SITE_SETTINGS = ("DATA_DIR", "DATABASE_URL", "MEDIA_URL", "REDIS_URL", "SECRET_KEY")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    faulthandler.enable()  # prints all stacks when systemd aborts this process because it hangs
    environment = dict(os.environ)  # copied before settings load .env into it, so that later workers reread .env
    try:
        env.load_file()
        act_as_owner(files.data_dir())
        django.setup()
        warn_of_hidden_settings(environment)
        _require_redis_for_workers()
        sockets = listen(settings.HOST, settings.PORT, settings.WORKERS)
        data_dir = claim(settings.DATA_DIR)
        prepare()
        message = startup_message()
    except (ImproperlyConfigured, NotReady) as reason:
        sys.exit(f"Chatsite cannot start. {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
    connections.close_all()
    raise_file_limit(settings.CHAT_MAX_CONNECTIONS)
    with data_dir:
        sys.exit(_serve(sockets, message, environment))


def warn_of_hidden_settings(environment: Mapping[str, str]) -> None:
    """Warn of settings in a systemd unit that determine the site's data, because `manage.py` can't read them there."""
    if "INVOCATION_ID" not in environment:  # set by systemd
        return
    if hidden := [name for name in SITE_SETTINGS if name in environment and name not in env.names_in_file]:
        logger.warning(
            "%s: set only for this service, so manage.py would work on another site. Move this to %s.",
            ", ".join(hidden),
            env.settings_file(),
        )


def _require_redis_for_workers() -> None:
    if settings.WORKERS > 1 and not settings.REDIS_URL:
        raise NotReady(
            f"WORKERS={settings.WORKERS} requires Redis. "
            "Set REDIS_URL, for example to redis://127.0.0.1:6379/0, or WORKERS=1."
        )


def _serve(sockets: list[Sockets], message: str, environment: Mapping[str, str]) -> int:
    """Return the exit code."""
    tasks: set[asyncio.Task[None]] = set()  # the event loop only holds weak references

    def on_start() -> None:
        print(message, flush=True)
        tasks.add(asyncio.get_running_loop().create_task(report_alive()))

    if len(sockets) > 1:
        from chatsite.server.supervisor import supervise

        return supervise(sockets, environment, on_start=on_start)
    from chatsite.server.uvicorn import GracefulServer

    GracefulServer(on_start).run(sockets[0])
    return 0


def startup_message() -> str:
    """Return the lines shown in the terminal once the site is running."""
    from accounts.models import User
    from accounts.registration import setup_code

    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    listening = f"http://{host}:{settings.PORT}"
    if settings.SITE_URL in ("", listening):
        lines = [f"Chatsite is running at {listening}"]
    else:
        lines = [f"Chatsite is at {settings.SITE_URL} (listening on {listening})"]
    if not User.objects.exists():
        lines += [
            "Open it in your browser to create the admin account.",
            f"One-time setup code (if asked): {setup_code.read_or_create()}",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
