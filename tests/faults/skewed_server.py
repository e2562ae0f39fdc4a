"""`python -m tests.faults.skewed_server`: the server, with a wall clock that SIGUSR1 sets back by an hour."""

import signal
from datetime import UTC, datetime, timedelta

import time_machine

from chatsite.server.main import main


def set_clock_back(*_: object) -> None:
    time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True).start()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, set_clock_back)
    main()
