"""The jobs that tests run in a confined process: `python -m tests.live.confined_jobs …`."""

import itertools
import os
import signal

from live.isolation import worker

worker.IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS", worker.IDLE_SECONDS))

kept: list[bytes] = []


def work(job: str, _files: list[int]) -> object:
    match job:
        case "compute":
            return max(itertools.count())  # nothing can interrupt it
        case "hang":
            signal.pause()  # uses no CPU time, so only the limit on wall-clock time ends it
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "free memory":
            return len(bytes([1]) * 200_000_000)
        case "keep memory":
            kept.append(bytes([1]) * 200_000_000)
    return job


if __name__ == "__main__":
    worker.serve(work, str)
