"""Runs workloads in rounds: every peer once in each round, so that the machine's moods meet all of them."""

import sys
from collections import defaultdict
from contextlib import AbstractContextManager

import uvloop

from bench.audit import audit
from bench.scenarios import Outcome
from bench.served import Served
from bench.workloads import Pace, Workload

Outcomes = dict[str, list[Outcome]]  # by peer


def run(workload: Workload, pace: Pace, peers: set[str]) -> Outcomes:
    """Measure the named peers, or all. A peer that cannot be measured is left out, and said so."""
    outcomes: Outcomes = defaultdict(list)
    for _ in range(pace.rounds):
        for name, serve in workload.peers.items():
            if not peers or name in peers:
                say(f"{workload.name}: {name}")
                outcomes[name].append(measure(workload, serve(workload.people), pace))
    return outcomes


def measure(workload: Workload, server: AbstractContextManager[Served], pace: Pace) -> Outcome:
    with server as served:
        outcome = uvloop.run(workload.measure(served, pace))
        if wrong := audit(served, outcome.stored):
            outcome.notes.append(wrong)
    say("    " + ", ".join(f"{name} {value:,.4g}" for name, value in outcome.figures.items()))
    for note in outcome.notes:
        say(f"    {note}")
    return outcome


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
