"""Formats results as tables with medians, spreads and targets."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from statistics import median

from bench.audit import AUDIT
from bench.run import Outcomes
from bench.scenarios import Outcome
from bench.targets import OURS, Medians
from bench.workloads import Pace, Workload

BUSY = 0.9  # the share of a core above which the load generator limits the results
RESULTS = Path(__file__).resolve().parent / "results"


def medians_of(outcomes: Outcomes) -> Medians:
    return {
        peer: {figure: median(one.figures[figure] for one in good) for figure in good[0].figures}
        for peer, each in outcomes.items()
        if (good := _measured(each))
    }


def table(workload: Workload, outcomes: Outcomes) -> str:
    """Format a workload: each peer's figures, followed by the targets."""
    lines = [f"## {workload.name}", "", f"{workload.description[0].upper()}{workload.description[1:]}.", ""]
    lines += ["| peer | figure | median | min – max | server | generator |", "|---|---|---:|---:|---:|---:|"]
    lines += [line for peer, each in outcomes.items() for line in _rows(peer, _measured(each))]
    verdicts = [verdict for target in workload.targets if (verdict := target.judge(medians_of(outcomes)))]
    if verdicts:
        lines += ["", "| must reach | found | |", "|---|---:|---|"]
        lines += [f"| {v.wanted} | {v.found} | {'reached' if v.is_reached else 'NOT reached'} |" for v in verdicts]
    notes = {f"- {peer}: {note}" for peer, each in outcomes.items() for one in each for note in one.notes}
    return "\n".join([*lines, *(["", *sorted(notes)] if notes else []), ""])


def _measured(each: list[Outcome]) -> list[Outcome]:
    return [one for one in each if one.figures]


def is_sound(outcomes: Outcomes) -> bool:
    """Return whether Chatsite was measured and no peer failed its audit."""
    return not any(
        note.startswith(AUDIT) or (peer == OURS and not one.figures)
        for peer, each in outcomes.items()
        for one in each
        for note in one.notes
    )


def _rows(peer: str, each: list[Outcome]) -> Iterable[str]:
    if not each:
        return
    server = median(one.server_share for one in each)
    load = median(one.load_share for one in each)
    for figure in each[0].figures:
        values = [one.figures[figure] for one in each]
        spread = f"{_text(min(values))} – {_text(max(values))}" if len(values) > 1 else ""
        bound = " (bound by it)" if load > BUSY else ""
        yield f"| {peer} | {figure} | {_text(median(values))} | {spread} | {server:.0%} | {load:.0%}{bound} |"


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(tables: list[str], pace: Pace, machine: str) -> Path:
    """Save a full run as bench/results/<date>.md."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{date.today().isoformat()}.md"
    rounds = f"Medians of {pace.rounds}, each of {pace.seconds:g} s" if pace.rounds > 1 else "One short round"
    head = f"# {date.today():%-d %B %Y}\n\n{rounds}; server and generator on a core each, in shares of one core.\n"
    path.write_text("\n".join([head, machine, *tables]))
    return path
