"""A stand-in until the worker process is here."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Inspection:
    type: str
    kind: str
    width: int | None = None
    height: int | None = None
    lines: int | None = None
    preview: str = ""
    renditions: dict[str, Path] = field(default_factory=dict)


class Inspector:
    async def inspect(self, path: Path, name: str, folder: Path) -> Inspection:
        return Inspection("application/octet-stream", "other")

    async def stop(self) -> None:
        pass
