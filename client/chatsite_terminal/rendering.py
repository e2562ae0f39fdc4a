"""Messages and rooms as styled text for the screen. Other people's text is never read as markup."""

import re
from datetime import date, datetime

from textual.content import Content

from chatsite_client import Message, Room
from chatsite_client.i18n import gettext as _
from chatsite_client.i18n import ngettext
from chatsite_client.state import SiteState
from chatsite_terminal.lines import attachment_text, sender_text, time_of, title_of
from chatsite_terminal.safe_text import clean, clean_line

NAME_STYLES = ("$text-primary", "$text-secondary", "$text-accent", "$text-success", "$text-warning", "$text-error")
MAX_REPLIES = 1000  # the number that stands for more
MAX_LINES = 40  # of a message; the rest is shown on request
_SPOILER = re.compile(r"\|\|(.+?)\|\|", re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_BOLD = re.compile(r"\*\*[^*\n]+\*\*")
_LINK = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(?<![\w@])@[\w.-]*\w")


def message_content(
    state: SiteState,
    message: Message,
    *,
    is_continued: bool = False,
    is_open: bool = False,
    is_saved: bool = False,
    replies: int = 0,
) -> Content:
    """Return a message. `is_continued`: it follows one by the same person. `is_open`: nothing in it is hidden."""
    lines: list[Content] = [] if is_continued else [_heading(message)]
    if message.deleted_at:
        lines.append(Content.styled(_("This message was deleted."), "dim italic"))
    else:
        lines += _quote(message)
        if message.body:
            lines.append(_body(state, message, is_open=is_open))
        lines += [Content.styled(attachment_text(file), "$text-accent") for file in message.attachments]
        lines += _marks(state, message, is_saved=is_saved)
    if replies:
        lines.append(_thread_line(state, message, replies))
    return Content("\n").join(lines)


def waiting_content(body: str) -> Content:
    """Return a message that hasn't been sent yet."""
    return Content.styled("  ".join([clean(body), _("(waiting)")]), "dim italic")


def day_content(day: date) -> Content:
    """Return the line above the messages of a day."""
    text = _("{weekday}, {day} {month} {year}").format(
        weekday=day.strftime("%A"), day=day.day, month=day.strftime("%B"), year=day.year
    )
    return Content.styled(f"── {text} ──", "dim")


def room_content(room: Room, *, is_online: bool, is_current: bool, width: int) -> Content:
    """Return a room's line in the sidebar, with its unread messages and mentions."""
    mark = ("● " if is_online else "○ ") if room.kind == "direct" else ""
    count = f"@{room.unread_mentions}" if room.unread_mentions else str(room.unread) if room.unread else ""
    count = "" if room.muted and not room.unread_mentions else count
    title = f"{mark}{title_of(room)}"
    text = Content(title).truncate(max(1, width - len(count) - 1), ellipsis=True, pad=True)
    style = "bold" if is_current or count else "dim" if room.muted else ""
    return Content.assemble(text.stylize(style), " ", (count, "bold $text-warning" if "@" in count else "bold"))


def is_continuation(previous: Message | None, message: Message) -> bool:
    """Return whether a message follows one by the same person within five minutes, on the same day."""
    if previous is None or message.reply_to is not None:
        return False
    if previous.sender.id != message.sender.id or previous.alias != message.alias:
        return False
    is_soon = (message.at - previous.at).total_seconds() < 300
    return is_soon and local_day(previous.at) == local_day(message.at)


def local_day(at: datetime) -> date:
    return at.astimezone().date()


def _heading(message: Message) -> Content:
    style = f"bold {NAME_STYLES[message.sender.id % len(NAME_STYLES)]}"
    return Content.assemble((sender_text(message), style), " ", (time_of(message.at), "dim"))


def _quote(message: Message) -> list[Content]:
    if message.reply_to is None:
        return []
    excerpt = clean_line(message.reply_to.excerpt)[:80]
    return [Content.styled(f"┃ {sender_text(message.reply_to)}: {excerpt}", "dim")]


def _body(state: SiteState, message: Message, *, is_open: bool) -> Content:
    text = clean(message.body)
    if not is_open:
        text = _SPOILER.sub(lambda match: "▒" * min(len(match[1]), 12), text)
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            text = "\n".join([*lines[:MAX_LINES], _("… (Enter shows all)")])
    content = Content(text)
    for pattern, style in ((_LINK, "underline"), (_BOLD, "bold"), (_CODE, "$text-accent")):
        content = content.highlight_regex(pattern, style=style)
    own = {state.me.username.casefold(), "room", "here"} if message.mentions_person(state.me.id) else set()
    for match in _MENTION.finditer(text):
        is_own = match[0][1:].casefold() in own
        content = content.stylize("bold reverse" if is_own else "bold", match.start(), match.end())
    return content


def _marks(state: SiteState, message: Message, *, is_saved: bool) -> list[Content]:
    """Return the line with the reactions, and whether the message was edited, pinned or saved."""
    marks = [_("edited")] if message.edited_at else []
    marks += [_("pinned")] if message.pinned_at else []
    marks += [_("saved")] if is_saved else []
    for reaction in message.reactions:
        is_own = reaction.own or state.me.id in reaction.users
        marks.append(f"{clean_line(reaction.emoji)} {reaction.count}{'*' if is_own else ''}")
    return [Content.styled("  ".join(marks), "dim")] if marks else []


def _thread_line(state: SiteState, message: Message, replies: int) -> Content:
    """Return how many replies a message has."""
    count = f"{MAX_REPLIES}+" if replies >= MAX_REPLIES else str(replies)
    text = ngettext("↳ {count} reply", "↳ {count} replies", replies).format(count=count)
    if (unread := state.threads.unread.get(message.id)) is None:
        return Content.styled(text, "$text-primary")
    new = ngettext("{count} unread", "{count} unread", unread.unread).format(count=unread.unread)
    return Content.assemble((text, "$text-primary"), " ", (new, "bold $text-warning"))


def thread_title(room: Room, *, is_followed: bool) -> Content:
    """Return the line above a thread."""
    state = _("followed; /unfollow ends that") if is_followed else _("/follow follows it")
    return Content.assemble((_("Thread in {room}").format(room=title_of(room)), "bold"), (f"  {state}", "dim"))


def title_content(room: Room) -> Content:
    """Return the line above a room's messages."""
    topic = clean_line(room.topic) or (clean_line(room.peer.status_text) if room.peer else "")
    return Content.assemble((title_of(room), "bold"), ("  " + topic if topic else "", "dim"))
