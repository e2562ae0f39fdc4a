"""Runs workloads in rounds, with each peer once per round, so that changes in the machine's speed affect all peers."""

import gc
import sys
from collections import defaultdict
from contextlib import AbstractContextManager
from subprocess import CalledProcessError

import uvloop

from bench.audit import audit
from bench.client import PeerError
from bench.node import PeerUnavailable
from bench.scenarios import Outcome
from bench.servers import RunningServer
from bench.workloads import Pace, Serve, Workload

Outcomes = dict[str, list[Outcome]]  # by peer


def run(workload: Workload, pace: Pace, peers: set[str]) -> Outcomes:
    """Measure the named peers, or all of them if none are named."""
    outcomes: Outcomes = defaultdict(list)
    for _ in range(pace.rounds):
        for name, serve in workload.peers.items():
            if not peers or name in peers:
                say(f"{workload.name}: {name}")
                outcomes[name].append(attempt(workload, serve, pace))
    return outcomes


def attempt(workload: Workload, serve: Serve, pace: Pace) -> Outcome:
    """Measure a peer. If it fails, return an outcome without figures."""
    gc.collect()
    try:
        return measure(workload, serve(workload.people), pace)
    except (PeerError, PeerUnavailable, RuntimeError, TimeoutError, CalledProcessError) as error:
        why = f"could not be measured: {str(error) or 'it took too long'}"
        say(f"    {why}")
        return Outcome(notes=[why])


def measure(workload: Workload, started: AbstractContextManager[RunningServer], pace: Pace) -> Outcome:
    with started as server:
        outcome = uvloop.run(workload.measure(server, pace))
        if wrong := audit(server, outcome.stored):
            outcome.notes.append(wrong)
    say("    " + ", ".join(f"{name} {value:,.4g}" for name, value in outcome.figures.items()))
    for note in outcome.notes:
        say(f"    {note}")
    return outcome


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
