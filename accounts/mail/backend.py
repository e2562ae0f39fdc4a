"""The email backend, which stores emails to be sent after the transaction has been committed."""

import logging
from collections.abc import Sequence
from email.utils import make_msgid
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

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
        queued = [_enqueue(message) for message in email_messages if message.recipients() and _has_space()]
        if queued:
            transaction.on_commit(partial(_send_soon, queued))
        return len(queued)


def _send_soon(queued: Sequence[QueuedEmail]) -> None:
    if not worker.wake():
        Mailer().send_all(queued)


def _has_space() -> bool:
    """Return whether the queue has space. Log a full queue once only, because anyone can request emails."""
    global _is_full
    was_full, _is_full = _is_full, QueuedEmail.objects.count() >= MAX_QUEUED
    if _is_full and not was_full:
        logger.error("%d emails are queued; new ones are discarded until the mail server accepts some", MAX_QUEUED)
    return not _is_full


def _enqueue(message: EmailMessage) -> QueuedEmail:
    if "message-id" not in map(str.lower, message.extra_headers):
        # To create one, Django looks up this machine's name in DNS, which may not respond.
        message.extra_headers["Message-ID"] = make_msgid(domain=urlsplit(settings.SITE_URL).hostname or "localhost")
    content = message.message().as_bytes()
    return QueuedEmail.objects.create(sender=message.from_email, recipients=message.recipients(), content=content)
