"""Which messages a webhook sends."""

import re
from collections.abc import Sequence

from integrations.models import OutgoingWebhook
from messaging.mentions.rows import mentioned_ids
from messaging.models import MessageRow

Trigger = OutgoingWebhook.Trigger

_AFTER_WORD = re.compile(r"\W|$")


def is_sent(message: MessageRow, webhook: OutgoingWebhook) -> bool:
    """Return whether a webhook sends a message. Bots start nothing, so that two of them can't talk without end."""
    if message.deleted_at is not None or message.sender.is_bot:
        return False
    if webhook.trigger == Trigger.MENTION:
        return bool(message.mentions) and webhook.bot_id in mentioned_ids(message)
    return webhook.trigger == Trigger.ALL or bool(first_word(message.body, webhook.word_list))


def first_word(body: str, words: Sequence[str]) -> str:
    """Return the one of these words with which a text begins, the longest if there are several, or ""."""
    text = body.lstrip().casefold()
    found = [word for word in words if text.startswith(word.casefold()) and _ends(text, word.casefold())]
    return max(found, key=len, default="")


def _ends(text: str, word: str) -> bool:
    """Return whether the word isn't only the beginning of a longer one."""
    return not word[-1].isalnum() or _AFTER_WORD.match(text, len(word)) is not None
