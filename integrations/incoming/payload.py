"""Reads what was sent to a webhook: JSON, a form with JSON in `payload`, or the text of a message."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

import msgspec

from integrations.aliases import read_alias
from integrations.incoming import markdown
from integrations.incoming.fields import JSON, text, value
from integrations.incoming.formats.recognition import recognize
from integrations.incoming.slack.angles import Names
from integrations.incoming.slack.attachments import MAX_ATTACHMENTS, convert_attachments
from integrations.incoming.slack.blocks import convert_blocks
from integrations.incoming.slack.mrkdwn import MAX_TEXT, convert
from messaging.models.alias import NO_ALIAS, Alias

MAX_BYTES = 256 * 1024
MAX_FORM_FIELDS = 50
FORM = "application/x-www-form-urlencoded"
JSON_TYPES = ("application/json", "text/json")

Headers = Mapping[str, str]  # with names in lower case


class PayloadError(Exception):
    """The payload can't be posted.

    word: Slack's word for the reason. detail: a sentence for the list of deliveries.
    """

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Post:
    """A message to post.

    body: Markdown of any length, or "" for an event that is not shown.
    source: the name of the format, for the list of deliveries.
    alias: the name and emoji that the payload chooses. They aren't checked yet.
    thread: the id of the message that this one answers, or 0.
    is_text: whether the body of the request was the message itself.
    """

    body: str
    source: str
    alias: Alias = NO_ALIAS
    thread: int = 0
    is_text: bool = False


def read_post(headers: Headers, body: bytes, *, is_markdown: bool = False, names: Names | None = None) -> Post:
    """Return the message to post. Raises PayloadError.

    is_markdown: whether texts are Markdown, as Mattermost expects them, and not Slack's mrkdwn.
    names: the usernames of people by the ids with which `<@id>` mentions them.
    """
    data = _decode(headers, body)
    if isinstance(data, str):
        return _text_post(data)
    if (found := recognize(headers, data)) is not None:
        return Post(found.convert(headers, data), found.name)
    if not isinstance(data, dict):
        raise PayloadError("invalid_payload", "The payload must be a JSON object.")
    return _slack_post(data, _keep if is_markdown else convert, names or {})


def read_slack_post(data: Mapping[str, JSON], *, is_markdown: bool) -> Post:
    """Return the message in an object with Slack's fields `text`, `blocks` and `attachments`. Raises PayloadError."""
    return _slack_post(data, _keep if is_markdown else convert, {})


def _decode(headers: Headers, body: bytes) -> JSON:
    """Return the decoded JSON, or the text of a message."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        raise PayloadError("invalid_payload", "Send JSON, a form with JSON in “payload”, or text.")
    source = _as_text(body)
    if kind == FORM or (not kind and not source.lstrip().startswith("{")):
        source = _form_payload(source)
    if kind in JSON_TYPES or source.lstrip().startswith("{") or "x-github-event" in headers:
        return _parse(source)
    return source


def _as_text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise PayloadError("invalid_payload", "The body isn’t UTF-8.") from None


def _form_payload(source: str) -> str:
    """Return the JSON of a form, or the whole body if it has none: curl calls any data a form."""
    if not source.startswith("payload=") and "&payload=" not in source:
        return source
    try:
        fields = parse_qs(source, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise PayloadError("invalid_payload", "The form has too many fields.") from None
    return fields.get("payload", [""])[0]


def _parse(source: str) -> JSON:
    try:
        return msgspec.json.decode(source)
    except RecursionError:
        raise PayloadError("invalid_payload", "The JSON is nested too deeply.") from None
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise PayloadError("invalid_payload", f"The body isn’t valid JSON: {error}.") from None


def _text_post(source: str) -> Post:
    body = markdown.clean(source[:MAX_TEXT]).strip()
    if not body:
        raise PayloadError("no_text", "The body is empty.")
    return Post(body, "Text", is_text=True)


def _slack_post(data: Mapping[str, JSON], convert_text: Callable[[str, Names], str], names: Names) -> Post:
    attachments = value(data, "attachments")
    if isinstance(attachments, list) and len(attachments) > MAX_ATTACHMENTS:
        raise PayloadError("too_many_attachments", f"A message can have at most {MAX_ATTACHMENTS} attachments.")
    body = _joined(_slack_parts(data, convert_text, names))
    if not body:
        raise PayloadError("no_text", "The payload has neither text, blocks nor attachments with a text.")
    return Post(
        body,
        "Slack",
        alias=read_alias(data),
        thread=_thread(text(data, "thread_ts") or text(data, "root_id")),
    )


def _slack_parts(data: JSON, convert_text: Callable[[str, Names], str], names: Names) -> Iterator[str]:
    """Yield the paragraphs of a message. If it has blocks, its text is only meant for notifications."""
    blocks = list(convert_blocks(data, names))
    if any(blocks):
        yield from blocks
    else:
        yield convert_text(text(data, "text"), names)
    yield from convert_attachments(data, names, convert_text)


def _keep(source: str, names: Names) -> str:
    return markdown.clean(source[:MAX_TEXT]).strip("\n")


def _joined(parts: Iterable[str]) -> str:
    """Join paragraphs until there is more than could be posted, so that the rest needn't be converted."""
    kept, length = [], 0
    for part in parts:
        kept.append(part)
        length += len(part)
        if length > MAX_TEXT:
            break
    return markdown.paragraphs(*kept).strip()


def _thread(stamp: str) -> int:
    """Return the id of a message from a response of ours. Slack's own stamps, such as 1503435956.000247, name none."""
    return int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 19 else 0
