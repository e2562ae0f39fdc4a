#!/usr/bin/env python
"""Django's command-line utility. Errors in settings, and of the database, are one line instead of a traceback."""

import os
import signal
import sys

# Commands that only need the code. The others need a site, except `migrate`, which creates one.
WITHOUT_SITE = {
    *("check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help", "makemessages"),
    *("makemigrations", "startapp", "startproject", "test", "version"),
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    from chatsite.server.data_dir import NotReady
    from live.outages import outage_of

    try:
        _require_text(sys.argv)
        _find_site()
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _end_without_reader()
    except (ImproperlyConfigured, NotReady) as error:
        sys.exit(f"manage.py: {error}")
    except DatabaseError as error:
        if outage_of(error) is None:
            raise
        sys.exit(f"manage.py: The database is not available: {error}")


def _require_text(arguments: list[str]) -> None:
    """Exit if an argument isn't valid UTF-8. It could neither be stored nor printed."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            sys.exit(f"manage.py: {os.fsencode(argument)!r} is not valid UTF-8.")


def _end_without_reader() -> None:
    """Exit like a command that SIGPIPE ended, when the reader of the output has ended, such as `head -1`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise, Python fails again when it exits
    sys.exit(128 + signal.SIGPIPE)


def _find_site() -> None:
    """Continue as the owner of the site's data. Raises NotReady if the command needs a site and there is none."""
    import django

    from chatsite.conf import env, files
    from chatsite.server import data_dir

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in WITHOUT_SITE or {"-h", "--help", "--version"} & {*sys.argv}:
        return
    env.load_file()
    data_dir.act_as_owner(files.data_dir())
    django.setup()
    if command == "migrate":
        data_dir.create_database()
    else:
        data_dir.require_site()


if __name__ == "__main__":
    main()
