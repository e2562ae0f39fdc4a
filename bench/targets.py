"""Targets for workloads, which are checked against the medians of a run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Medians = Mapping[str, Mapping[str, float]]  # by peer, by figure
OURS = "chatsite"


@dataclass(frozen=True)
class Verdict:
    wanted: str
    found: str
    is_reached: bool


@dataclass(frozen=True)
class Target:
    figure: str
    bound: float
    subject: str = field(default=OURS, kw_only=True)

    def judge(self, medians: Medians) -> Verdict | None:
        """Return a verdict, or None if a peer in the comparison was not measured."""
        raise NotImplementedError

    @property
    def _name(self) -> str:
        return self.figure if self.subject == OURS else f"{self.subject}: {self.figure}"


class AtLeast(Target):
    def judge(self, medians: Medians) -> Verdict | None:
        if self.subject not in medians:
            return None
        found = medians[self.subject][self.figure]
        return Verdict(f"{self._name} ≥ {self.bound:,g}", f"{found:,.4g}", found >= self.bound)


class AtMost(Target):
    def judge(self, medians: Medians) -> Verdict | None:
        if self.subject not in medians:
            return None
        found = medians[self.subject][self.figure]
        return Verdict(f"{self._name} ≤ {self.bound:,g}", f"{found:,.4g}", found <= self.bound)


@dataclass(frozen=True)
class _Times(Target):
    """A ratio to the best of the peers `than`."""

    than: tuple[str, ...]

    def _ratio(self, medians: Medians, best: Callable[[Iterable[float]], float]) -> float | None:
        theirs = [medians[peer][self.figure] for peer in self.than if peer in medians]
        return medians[self.subject][self.figure] / best(theirs) if theirs and self.subject in medians else None

    def _verdict(self, sign: str, ratio: float, *, is_reached: bool) -> Verdict:
        return Verdict(f"{self._name} {sign} {self.bound:g} × {' or '.join(self.than)}", f"{ratio:,.3g} ×", is_reached)


class AtLeastTimes(_Times):
    def judge(self, medians: Medians) -> Verdict | None:
        ratio = self._ratio(medians, max)
        return None if ratio is None else self._verdict("≥", ratio, is_reached=ratio >= self.bound)


class AtMostTimes(_Times):
    def judge(self, medians: Medians) -> Verdict | None:
        ratio = self._ratio(medians, min)
        return None if ratio is None else self._verdict("≤", ratio, is_reached=ratio <= self.bound)
