"""The email backend, which stores emails to be sent after the transaction has been committed."""

import logging
from collections.abc import Sequence
from email.utils import make_msgid
from functools import partial
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts import links
from accounts.mail import worker
from accounts.mail.delivery import Mailer
from accounts.models import QueuedEmail

logger = logging.getLogger(__name__)

MAX_QUEUED = 10_000  # about 3 KB each

_is_full = False


class QueueBackend(BaseEmailBackend):
    """Stores emails in the current transaction. The server's worker sends them with EMAIL_DELIVERY_BACKEND.

    Processes without a worker, such as management commands, make the first attempt themselves.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        wanted = [message for message in email_messages if message.recipients()]
        accepted = wanted[: _space()]
        enqueue([prepare(message) for message in accepted])
        return len(accepted)


def prepare(message: EmailMessage, *, purpose: str = "", about: dict[str, Any] | None = None) -> QueuedEmail:
    """Return the complete email as a row that isn't stored yet. The rest is for the check before it is sent."""
    if "message-id" not in map(str.lower, message.extra_headers):
        # To create one, Django looks up this machine's name in DNS, which may not respond.
        message.extra_headers["Message-ID"] = make_msgid(domain=links.site_host())
    content = message.message().as_bytes()
    return QueuedEmail(
        sender=message.from_email,
        recipients=message.recipients(),
        content=content,
        purpose=purpose,
        about=about or {},
    )


def enqueue(prepared: Sequence[QueuedEmail]) -> None:
    """Store emails in the current transaction, with one statement. They are sent after it has been committed."""
    if prepared:
        queued = QueuedEmail.objects.bulk_create(prepared)
        transaction.on_commit(partial(_send_soon, queued))


def _send_soon(queued: Sequence[QueuedEmail]) -> None:
    if not worker.wake():
        Mailer().send_all(queued)


def _space() -> int:
    """Return how many more emails the queue takes. Log a full queue once only, because anyone can request emails."""
    global _is_full
    space = max(0, MAX_QUEUED - QueuedEmail.objects.count())
    was_full, _is_full = _is_full, space == 0
    if _is_full and not was_full:
        logger.error("%d emails are queued; new ones are discarded until the mail server accepts some", MAX_QUEUED)
    return space
