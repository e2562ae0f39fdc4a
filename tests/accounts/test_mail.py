"""The email queue, with a real SMTP server that accepts or refuses emails, hangs or disconnects."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.header import decode_header, make_header

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection, transaction
from django.utils import timezone

from accounts.mail import backend, delivery
from accounts.mail.delivery import GIVE_UP_AFTER, Mailer
from accounts.mail.worker import MailWorker
from accounts.models import QueuedEmail
from accounts.models.queued_email import pause_after
from live.outages import Outage
from tests.factories import make_user
from tests.server import Site, run_site
from tests.smtp_server import SMTPServer, smtp_server
from tests.waiting import until, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture(autouse=True)
def queue(settings, server, monkeypatch) -> None:
    settings.EMAIL_BACKEND = "accounts.mail.backend.QueueBackend"
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr(delivery, "mail_server", Outage("The mail server", quiet=0))
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3


def send(recipient: str = "ana@example.org") -> None:
    send_mail("Hello", "A body", None, [recipient])


def make_due() -> None:
    QueuedEmail.objects.update(due_at=timezone.now())


def test_a_process_without_a_worker_sends_after_the_commit(server):
    with transaction.atomic():
        send()
        assert server.received == []
    (received,) = server.received
    assert received.recipients == ("ana@example.org",)
    assert received.message.get_payload().strip() == "A body"
    assert not QueuedEmail.objects.exists()


def test_nothing_is_sent_after_a_rollback(server):
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert server.received == []
    assert not QueuedEmail.objects.exists()


def test_a_command_sends_without_a_running_server(server, tmp_path):
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
    }
    environment |= {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
    command = [sys.executable, "manage.py", "sendtestemail", "ana@example.org"]
    subprocess.run(command, env=environment, check=True)
    assert [received.recipients for received in server.received] == [("ana@example.org",)]
    assert not QueuedEmail.objects.exists()


def test_queue_stores_the_complete_message(server):
    message = EmailMultiAlternatives(
        "Grüße 👋", "Ein Text\n.\nmit Punkt", "Ünal <unal@example.org>", ["a@example.org"], bcc=["b@example.org"]
    )
    message.attach_alternative("<p>Grüße</p>", "text/html")
    message.attach("file.bin", bytes(range(256)), "application/octet-stream")
    message.send()
    (received,) = server.received
    assert received.sender == "unal@example.org"
    assert received.recipients == ("a@example.org", "b@example.org")
    assert "b@example.org" not in received.message.as_string()
    assert str(make_header(decode_header(received.message["Subject"]))) == "Grüße 👋"
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in received.message.walk()}
    assert parts["application/octet-stream"] == bytes(range(256))
    assert parts["text/html"].decode() == "<p>Grüße</p>"
    assert parts["text/plain"].decode().replace("\r", "") == "Ein Text\n.\nmit Punkt"


@pytest.mark.parametrize(
    "replies", [{"greeting": None}, {"MAIL": None}, {"content": None}, {"greeting": "421 busy"}, {"RCPT": ""}]
)
def test_an_email_waits_until_the_server_responds(server, replies):
    server.replies.update(replies)
    send()
    queued = QueuedEmail.objects.get()
    assert queued.attempts == 1
    assert not Mailer().send_next()  # it isn't due yet
    server.replies.clear()
    server.received.clear()
    make_due()
    assert Mailer().send_next()
    assert len(server.received) == 1
    assert not Mailer().send_next()


def test_a_lost_reply_repeats_the_email_with_the_same_id(server):
    server.replies["content"] = ""
    send()
    server.replies.clear()
    make_due()
    Mailer().send_next()
    first, second = server.received
    assert first.id == second.id


def test_an_accepted_email_is_not_repeated_if_the_server_hangs_afterwards(server):
    server.replies["QUIT"] = None
    send()
    assert len(server.received) == 1
    assert not QueuedEmail.objects.exists()


def test_an_accepted_email_is_not_repeated_while_its_row_cannot_be_deleted(server, monkeypatch):
    monkeypatch.setattr("accounts.mail.backend._send_soon", lambda queued: None)
    send()
    mailer = Mailer()
    delete = type(QueuedEmail.objects.all()).delete
    monkeypatch.setattr(type(QueuedEmail.objects.all()), "delete", lambda queryset: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mailer.send_next()
    monkeypatch.setattr(type(QueuedEmail.objects.all()), "delete", delete)
    make_due()
    assert not mailer.send_next()
    assert len(server.received) == 1


def test_several_processes_send_each_email_once(server, monkeypatch):
    monkeypatch.setattr("accounts.mail.backend._send_soon", lambda queued: None)
    for number in range(20):
        send(f"person{number}@example.org")
    barrier = threading.Barrier(4)

    def work() -> None:
        mailer = Mailer()
        barrier.wait()
        while mailer.send_next():
            pass
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work) for _ in range(4)]:
            done.result()
    assert sorted(received.recipients[0] for received in server.received) == sorted(
        f"person{number}@example.org" for number in range(20)
    )


@pytest.mark.parametrize("replies", [{"RCPT": "550 no such user"}, {"content": "554 spam"}])
def test_permanently_refused_email_is_abandoned_with_one_log_line(server, caplog, replies):
    server.replies.update(replies)
    send()
    send("bo@example.org")
    assert not QueuedEmail.objects.exists()
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "was abandoned" in caplog.text
    assert "example.org" not in caplog.text


@pytest.mark.parametrize("replies", [{"RCPT": "451 try later"}, {"greeting": None}])
def test_email_is_abandoned_after_a_day(server, caplog, replies):
    server.replies.update(replies)
    send()
    QueuedEmail.objects.update(created_at=timezone.now() - GIVE_UP_AFTER + timedelta(minutes=1), due_at=timezone.now())
    Mailer().send_next()
    assert QueuedEmail.objects.get().attempts == 2
    QueuedEmail.objects.update(created_at=timezone.now() - GIVE_UP_AFTER, due_at=timezone.now())
    Mailer().send_next()
    assert not QueuedEmail.objects.exists()
    assert caplog.text.count("was abandoned") == 1


def test_old_emails_of_a_restored_backup_are_not_sent(server, monkeypatch):
    monkeypatch.setattr("accounts.mail.backend._send_soon", lambda queued: None)
    send()
    QueuedEmail.objects.update(created_at=timezone.now() - GIVE_UP_AFTER)
    Mailer().send_next()
    assert server.received == []
    assert not QueuedEmail.objects.exists()


def test_pauses_between_attempts_grow():
    minutes = [pause_after(attempts).total_seconds() / 60 for attempts in range(1, 8)]
    assert minutes == [2, 4, 8, 16, 30, 30, 30]
    assert pause_after(30_000) == timedelta(minutes=30)


def test_an_outage_is_logged_once_and_its_end_once(server, settings, caplog, monkeypatch):
    monkeypatch.setattr("accounts.mail.backend._send_soon", lambda queued: None)
    for _ in range(3):
        send()
    mailer = Mailer()
    settings.EMAIL_PORT = 1  # nothing listens there
    for _ in range(3):
        make_due()
        while mailer.send_next():
            pass
    settings.EMAIL_PORT = server.port
    make_due()
    while mailer.send_next():
        pass
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert not any(record.exc_info for record in caplog.records)
    assert len(server.received) == 3


def test_a_full_queue_discards_new_emails(server, monkeypatch, caplog):
    monkeypatch.setattr(backend, "MAX_QUEUED", 2)
    server.replies["greeting"] = None
    for _ in range(5):
        send()
    assert QueuedEmail.objects.count() == 2
    assert caplog.text.count("discarded") == 1


async def test_the_worker_sends_in_the_background(server):
    worker = MailWorker()
    try:
        await sync_to_async(send)()
        await until(lambda: server.received, "the email was sent")
    finally:
        await worker.stop()
    assert not await QueuedEmail.objects.aexists()


async def test_stopping_does_not_wait_for_an_unresponsive_server(server, settings):
    settings.EMAIL_TIMEOUT = 60
    server.replies["greeting"] = None
    worker = MailWorker()
    await sync_to_async(send)()
    await until(lambda: server.connections, "the worker is waiting")
    await worker.stop()
    assert await QueuedEmail.objects.acount() == 1


def request_password_reset(site: Site, email: str) -> None:
    with httpx.Client(base_url=site.url, timeout=9) as browser:  # the server waits for ten seconds for a reply by email
        browser.get("/accounts/password/reset/")
        form = {"email": email, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/accounts/password/reset/", data=form).status_code == 302


def test_unresponsive_mail_server_delays_no_page_and_loses_no_email(server, everyone, tmp_path):
    """Without the queue, each reset would occupy one of three threads until the mail server responds."""
    emails = [f"person{number}@example.org" for number in range(6)]
    for email in emails:
        make_user(email=email)
    server.replies["greeting"] = None
    database, values = connection.settings_dict["NAME"], {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
    with run_site("uvicorn", database, tmp_path, **values) as site:
        with ThreadPoolExecutor(len(emails)) as pool:
            for done in [pool.submit(request_password_reset, site, email) for email in emails]:
                done.result()
        wait_until(lambda: server.connections, "the server sends")
        assert httpx.get(f"{site.url}/accounts/login/", timeout=9).status_code == 200
        site.process.kill()
        site.process.wait()
    assert server.received == []
    server.replies.clear()
    make_due()
    with run_site("uvicorn", database, tmp_path, **values):
        wait_until(lambda: not QueuedEmail.objects.exists(), "all emails have been sent")
    assert sorted(received.recipients[0] for received in server.received) == emails
