"""Delivers queued emails to the mail server."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import MIMEMixin

from accounts.mail.checks import is_wanted
from accounts.models import QueuedEmail
from live.outages import Outage

logger = logging.getLogger(__name__)
mail_server = Outage("The mail server", quiet=0)

# Backends that reach no one: the console, which the default settings use, and none at all.
NO_DELIVERY = ("django.core.mail.backends.console.EmailBackend", "django.core.mail.backends.dummy.EmailBackend")
GIVE_UP_AFTER = timedelta(hours=24)  # also for emails in a restored backup, most of which were sent long ago


def can_send_email() -> bool:
    return settings.EMAIL_DELIVERY_BACKEND not in NO_DELIVERY


def can_email_links() -> bool:
    """Return whether emails that no request causes reach anyone. Their links need SITE_URL."""
    return can_send_email() and bool(settings.SITE_URL)


class EmailRefused(Exception):
    """The mail server is available but rejects this email. `is_final`: whether the rejection is permanent."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Mailer:
    """Sends queued emails one by one.

    SMTP can't guarantee that each is sent only once: if the server's reply is lost, or this process is killed before
    the row is deleted, the email is sent again with the same Message-ID.
    """

    def __init__(self) -> None:
        self._accepted: set[int] = set()  # the ids of sent emails whose rows could not be deleted yet

    def send_next(self) -> bool:
        """Try to send the next email that is due. Return False if there is none."""
        self._delete_accepted()
        email = QueuedEmail.objects.due().first()
        if email is not None:
            self.send(email)
        return email is not None

    def send_all(self, emails: Iterable[QueuedEmail]) -> None:
        for email in emails:
            self.send(email)

    def send(self, email: QueuedEmail) -> None:
        """Send an email that is still wanted and that no other process has claimed.

        A failure is retried later, unless it is final.
        """
        if not email.claim():
            return
        if email.is_older_than(GIVE_UP_AFTER):
            _give_up(email, "it is too old")
            return
        if not is_wanted(email):
            email.delete()
            return
        try:
            _deliver(email)
        except EmailRefused as refusal:
            mail_server.succeeded()
            if refusal.is_final:
                _give_up(email, str(refusal))
        except OSError as error:  # includes SMTPException
            mail_server.failed(error)
        else:
            mail_server.succeeded()
            self._accepted.add(email.pk)
            self._delete_accepted()

    def _delete_accepted(self) -> None:
        if self._accepted:
            QueuedEmail.objects.filter(pk__in=self._accepted).delete()
            self._accepted.clear()


class QueuedMessage(EmailMessage):
    """A queued email, as email backends expect it."""

    def __init__(self, email: QueuedEmail) -> None:
        super().__init__(from_email=email.sender, to=email.recipients)
        self._content = bytes(email.content)

    def message(self) -> Message:
        return message_from_bytes(self._content, _class=_ParsedMessage)


class _ParsedMessage(MIMEMixin, Message):  # type: ignore[misc]
    """A parsed message with Django's `as_bytes(linesep=…)`."""


def _deliver(email: QueuedEmail) -> None:
    """Send an email. Raises EmailRefused, or OSError if the server is unavailable or rejects all email of this site."""
    connection = get_connection(settings.EMAIL_DELIVERY_BACKEND)
    try:
        connection.open()
        _send(connection, QueuedMessage(email))
    finally:
        with suppress(OSError):  # the email has already been accepted or rejected
            connection.close()


def _send(connection: BaseEmailBackend, message: QueuedMessage) -> None:
    try:
        connection.send_messages([message])
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise EmailRefused(f"the recipient was refused ({codes[0]})", is_final=min(codes) >= 500) from error
    except SMTPDataError as error:
        raise EmailRefused(f"the content was refused ({error.smtp_code})", is_final=error.smtp_code >= 500) from error
    except (SMTPNotSupportedError, ValueError) as error:
        raise EmailRefused(f"it cannot be encoded ({type(error).__name__})", is_final=True) from error


def _give_up(email: QueuedEmail, reason: str) -> None:
    logger.error("email %d was abandoned: %s", email.pk, reason)
    email.delete()
