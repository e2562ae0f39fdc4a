"""Splits Markdown into messages of limited length, without breaking code blocks."""

import re
from collections.abc import Iterator

MAX_PARTS = 5
CUT = "\n\n…"

_FENCE = re.compile(r"(`{3,}|~{3,})([^`]*)$")


def split(markdown: str, size: int) -> list[str]:
    """Return up to MAX_PARTS parts of at most `size` characters. If that isn't enough, the last one ends with CUT."""
    parts: list[str] = []
    for part in _parts(markdown, size - len(CUT)):
        if len(parts) == MAX_PARTS:
            parts[-1] += CUT
            break
        parts.append(part)
    return parts


def _parts(markdown: str, size: int) -> Iterator[str]:
    """Yield parts of whole lines. A code block that doesn't fit is closed, and opened again in the next part."""
    kept: list[str] = []
    length, fence = 0, ""
    for line in _short_lines(markdown, size // 2):
        opens = _fence_after(fence, line)
        closing = len(_marker(fence or opens)) + 1 if fence or opens else 0
        if kept and length + len(line) + 1 + closing > size:
            yield from _finished(kept, fence)
            kept, length = ([fence], len(fence) + 1) if fence else ([], 0)
        kept.append(line)
        length += len(line) + 1
        fence = opens
    yield from _finished(kept, fence)


def _finished(kept: list[str], fence: str) -> Iterator[str]:
    if fence:
        kept = kept[:-1] if kept[-1] == fence else [*kept, _marker(fence)]
    if text := "\n".join(kept).strip("\n"):
        yield text


def _fence_after(fence: str, line: str) -> str:
    """Return the line that opened the code block which is open after this line, or ""."""
    if fence:
        is_end = not line.strip(fence[0]) and len(line) >= len(_marker(fence))
        return "" if is_end else fence
    return line if len(line) < 100 and _FENCE.match(line) else ""


def _marker(fence: str) -> str:
    found = _FENCE.match(fence)
    return found[1] if found else ""


def _short_lines(markdown: str, size: int) -> Iterator[str]:
    """Yield lines. Those that are too long are broken at a space, if there is one."""
    for line in markdown.split("\n"):
        while len(line) > size:
            at = line.rfind(" ", size // 2, size)
            at = size if at < 0 else at
            yield line[:at]
            line = line[at:].lstrip(" ")
        yield line
