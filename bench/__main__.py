"""`bin/bench` runs the workloads, prints the tables and writes bench/results/<date>.md."""

import argparse
import gc
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import uvloop

from bench import environment, machine, profiling, report
from bench.chatsite import chatsite
from bench.run import run, say
from bench.workloads import FULL, QUICK, WORKLOADS, Workload


def main() -> None:
    arguments = _arguments()
    if arguments.list:
        print("\n".join(f"{workload.name:18} {workload.description}" for workload in WORKLOADS))
        return
    gc.disable()  # a pause of the load generator would look like one of the server; run.py collects in between
    machine.allow_many_sockets()
    machine.pin(machine.LOAD_CORE)
    chosen = [workload for workload in WORKLOADS if not arguments.names or workload.name in arguments.names]
    if arguments.profile:
        for workload in chosen:
            _profile(workload, arguments.profile)
        return
    before = environment.table()
    pace = QUICK if arguments.quick else FULL
    if arguments.rounds:
        pace = replace(pace, rounds=arguments.rounds)
    measured = [(workload, run(workload, pace, set(arguments.peer))) for workload in chosen]
    tables = [report.table(workload, outcomes) for workload, outcomes in measured]
    print("\n".join(tables))
    if len(chosen) == len(WORKLOADS) and pace.rounds >= FULL.rounds and not arguments.peer:
        say(f"Written to {report.write(tables, pace, before)}.")
    if not all(report.is_sound(outcomes) for _, outcomes in measured):
        sys.exit("The figures are not to be relied on: see the notes under the tables.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    names = [workload.name for workload in WORKLOADS]
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these workloads (see --list)")
    parser.add_argument("--list", action="store_true", help="name the workloads")
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--rounds", type=int, metavar="N", help="how many rounds of each; three are kept as a result")
    parser.add_argument("--peer", action="append", default=[], help="only this peer; may be repeated")
    parser.add_argument(
        "--profile",
        nargs="?",
        const="loop",
        choices=profiling.KINDS,
        help="run Chatsite alone under a profiler: its event loop, all its threads, or perf with the kernel's share",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


def _profile(workload: Workload, kind: str) -> None:
    """Run only Chatsite and print how its process spent its time."""
    file = Path(tempfile.mkdtemp()) / f"{workload.name}.{kind}"
    with chatsite(workload.people, profile=file) as server:
        outcome = uvloop.run(workload.measure(server, QUICK))
    say(f"{workload.name}: {outcome.figures}, server {outcome.server_share:.0%} (with the profiler's own cost)")
    profiling.show(file)


if __name__ == "__main__":
    main()
