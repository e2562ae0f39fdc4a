"""Runs workloads in rounds: every peer once in each round, so that the machine's moods meet all of them."""

import gc
import sys
from collections import defaultdict
from contextlib import AbstractContextManager

import uvloop

from bench.audit import audit
from bench.client import Broken
from bench.node import Missing
from bench.scenarios import Outcome
from bench.servers import Served
from bench.workloads import Pace, Serve, Workload

Outcomes = dict[str, list[Outcome]]  # by peer


def run(workload: Workload, pace: Pace, peers: set[str]) -> Outcomes:
    """Measure the named peers, or all."""
    outcomes: Outcomes = defaultdict(list)
    for _ in range(pace.rounds):
        for name, serve in workload.peers.items():
            if not peers or name in peers:
                say(f"{workload.name}: {name}")
                outcomes[name].append(attempt(workload, serve, pace))
    return outcomes


def attempt(workload: Workload, serve: Serve, pace: Pace) -> Outcome:
    """Measure; what cannot be measured is an outcome without figures."""
    gc.collect()
    try:
        return measure(workload, serve(workload.people), pace)
    except (Broken, Missing, RuntimeError, TimeoutError) as error:
        why = f"could not be measured: {str(error) or 'it took too long'}"
        say(f"    {why}")
        return Outcome(notes=[why])


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
