"""Parts that the messages of GitHub, Gitea and GitLab have in common."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from integrations.incoming import markdown

MAX_COMMITS = 5
MAX_TITLE = 200
HASH_LENGTH = 7


class Commit(NamedTuple):
    hash: str
    message: str
    address: str
    author: str


def pushed(who: str, commits: Iterable[Commit], *, count: int, where: str, verb: str = "pushed") -> str:
    """Describe a push of `count` commits. `who` and `where` are Markdown."""
    shown = "1 commit" if count == 1 else f"{count} commits"
    return markdown.lines(f"{who} {verb} {shown} to {where}", *_commit_lines(commits, count))


def branch_of(ref: str) -> str:
    """Return the name of the branch or tag with this full name."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def kind_of(ref: str) -> str:
    return "tag" if ref.startswith("refs/tags/") else "branch"


def title(text: str, address: str) -> str:
    """Return a link with the title of an issue or the like, in bold."""
    return markdown.bold(markdown.link(markdown.shorten(text, MAX_TITLE) or address, address))


def comment(text: str) -> str:
    """Return the first lines of a comment as a quote."""
    shown = markdown.excerpt(text, lines=5, characters=400)
    return markdown.quote(shown) if shown else ""


def name(text: str) -> str:
    return markdown.escape_inline(markdown.shorten(text, 80)) or "Someone"


def words(action: str) -> str:
    """Return the words of an action such as `review_requested`."""
    return markdown.escape_inline(markdown.shorten(action, 60).replace("_", " "))


def _commit_lines(commits: Iterable[Commit], count: int) -> Iterator[str]:
    shown = 0
    for commit in commits:
        if shown == MAX_COMMITS:
            break
        shown += 1
        first_line = markdown.shorten(commit.message.strip().split("\n", 1)[0], MAX_TITLE)
        author = f" – {name(commit.author)}" if commit.author else ""
        link = markdown.link(commit.hash[:HASH_LENGTH], commit.address)
        yield f"- {link} {markdown.escape_inline(first_line)}{author}"
    if count > shown:
        yield f"- … and {count - shown} more"
