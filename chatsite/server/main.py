"""`python -m chatsite.server`: prepares the site and serves it, by one process or several, until it is told to stop."""

import os
import sys
from collections.abc import Mapping

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from chatsite.server.bind import Sockets, allow_many_files, listen
from chatsite.server.bootstrap import NotReady, claim_data_dir, prepare


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    environment = dict(os.environ)  # before the settings put .env into it: workers that start later read it anew
    try:
        django.setup()
        _need_redis_for_many()
        sockets = listen(settings.HOST, settings.PORT, settings.WORKERS)
        claim = claim_data_dir()
        prepare()
        greeting = greet()
    except (ImproperlyConfigured, NotReady) as reason:
        sys.exit(f"Chatsite cannot start. {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
    connections.close_all()
    allow_many_files(settings.CHAT_MAX_CONNECTIONS)
    with claim:
        sys.exit(_serve(sockets, greeting, environment))


def _need_redis_for_many() -> None:
    if settings.WORKERS > 1 and not settings.REDIS_URL:
        raise NotReady(
            f"WORKERS={settings.WORKERS} processes need Redis to talk to each other: "
            "set REDIS_URL, for example to redis://127.0.0.1:6379/0, or WORKERS=1."
        )


def _serve(sockets: list[Sockets], greeting: str, environment: Mapping[str, str]) -> int:
    """Return the exit code."""

    def say_where() -> None:
        print(greeting, flush=True)

    if len(sockets) > 1:
        from chatsite.server.supervisor import supervise

        return supervise(sockets, environment, on_start=say_where)
    from chatsite.server.uvicorn import PoliteServer

    PoliteServer(say_where).run(sockets[0])
    return 0


def greet() -> str:
    """Return what the person at the terminal has to know."""
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
