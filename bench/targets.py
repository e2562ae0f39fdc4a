"""Targets for workloads, which are checked against the medians of a run."""

from collections.abc import Mapping
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
class AtLeastTimes(Target):
    """At least `bound` times the highest figure of the peers `than`."""

    than: tuple[str, ...]

    def judge(self, medians: Medians) -> Verdict | None:
        theirs = {peer: medians[peer][self.figure] for peer in self.than if peer in medians}
        if not theirs or self.subject not in medians:
            return None
        found = medians[self.subject][self.figure] / max(theirs.values())
        return Verdict(f"{self._name} ≥ {self.bound:g} × {' or '.join(theirs)}", f"{found:,.3g} ×", found >= self.bound)


@dataclass(frozen=True)
class AtMostTimes(Target):
    """At most `bound` times the lowest figure of the peers `than`."""

    than: tuple[str, ...]

    def judge(self, medians: Medians) -> Verdict | None:
        theirs = {peer: medians[peer][self.figure] for peer in self.than if peer in medians}
        if not theirs or self.subject not in medians:
            return None
        found = medians[self.subject][self.figure] / min(theirs.values())
        return Verdict(f"{self._name} ≤ {self.bound:g} × {' or '.join(theirs)}", f"{found:,.3g} ×", found <= self.bound)
