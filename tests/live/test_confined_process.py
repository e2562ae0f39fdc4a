"""Jobs in a confined process: each gets its own result or fails alone, and the process ends when it should."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from live.isolation.process import ENVIRONMENT, ConfinedProcess, ProcessFailed, TookTooLong
from tests.waiting import PATIENCE, is_running, wait_until


@pytest.fixture
def process() -> Iterator[ConfinedProcess]:
    process = ConfinedProcess("tests.live.confined_jobs", cpu_seconds=0.3, seconds=PATIENCE)
    yield process
    process.close()


def test_process_has_a_lower_priority_within_the_servers_session(process):
    """Linux may share the CPU equally between sessions, whatever the niceness of their processes."""
    process.run("one", str)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getsid(process.pid) == os.getsid(0)
    assert os.getpgid(process.pid) != os.getpgid(0)  # Ctrl-C doesn't reach it


@pytest.mark.parametrize(
    ("job", "error"), [("compute", TookTooLong), ("crash", ProcessFailed)], ids=["too much CPU time", "crash"]
)
def test_job_that_ends_its_process_fails_alone(process, job, error):
    assert process.run("one", str) == "one"
    pid = process.pid
    with pytest.raises(error):
        process.run(job, str)
    assert process.run("two", str) == "two"
    assert process.pid != pid


def test_job_that_waits_too_long_fails_alone():
    process = ConfinedProcess("tests.live.confined_jobs", cpu_seconds=1.0, seconds=3.0)
    with pytest.raises(TookTooLong):
        process.run("hang", str)
    assert process.run("two", str) == "two"
    process.close()


def test_result_of_another_type_is_refused(process):
    with pytest.raises(ProcessFailed):
        process.run("one", int)
    assert process.pid is None


def test_process_that_ended_while_idle_fails_no_job(process, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "IDLE_SECONDS", "0.2")
    process.run("one", str)
    pid = process.pid
    wait_until(lambda: not is_running(pid), "the end of the idle process")
    assert process.run("two", str) == "two"
    os.kill(process.pid, signal.SIGKILL)
    assert process.run("three", str) == "three"


def test_process_that_keeps_much_memory_ends(process):
    process.run("free memory", int)
    pid = process.pid
    assert process.run("keep memory", str)
    assert not is_running(pid)
    assert process.run("two", str) == "two"


def test_process_is_replaced_after_many_jobs(process, monkeypatch):
    monkeypatch.setattr("live.isolation.process.MAX_JOBS", 2)
    pids = [(process.run("one", str), process.pid)[1] for _ in range(6)]
    assert [pids.count(each) for each in dict.fromkeys(pids)] == [2, 2, 2]


def test_missing_program_fails_every_job():
    process = ConfinedProcess("tests.no_such_module", cpu_seconds=1.0, seconds=PATIENCE)
    for _ in range(2):
        with pytest.raises(ProcessFailed):
            process.run("one", str)


def test_closed_process_ends_its_job_and_takes_no_other(process):
    errors = []

    def run() -> None:
        with pytest.raises(ProcessFailed) as caught:
            process.run("hang", str)
        errors.append(caught)

    process.run("one", str)
    pid = process.pid
    thread = threading.Thread(target=run)
    thread.start()
    wait_until(process._lock.locked, "the job runs")
    process.close()
    thread.join(PATIENCE)
    assert errors
    assert not is_running(pid)
    with pytest.raises(ProcessFailed):
        process.run("two", str)
