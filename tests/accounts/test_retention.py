"""Data retention."""

import asyncio
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from accounts.lifecycle import retention
from accounts.models import ActivitySample, AuditEvent, minute_of
from live.db_threads import in_thread, in_writing_thread
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_samples")]

Kind = AuditEvent.Kind


def event(days: int, kind: str = Kind.JOINED) -> AuditEvent:
    return AuditEvent(kind=kind, at=timezone.now() - timedelta(days=days))


@pytest.fixture
def prune(capsys):
    def run(*words: str) -> str:
        call_command("prune", *words)
        return capsys.readouterr().out

    return run


def test_old_audit_events_are_deleted(settings, prune):
    settings.AUDIT_DAYS = 30
    AuditEvent.objects.bulk_create([event(31), event(29, Kind.LEFT)])
    assert "Would remove 1 audit events." in prune("--dry-run")
    assert AuditEvent.objects.count() == 2
    assert "Removed 1 audit events." in prune()
    assert AuditEvent.objects.get().kind == Kind.LEFT


def test_audit_events_can_be_kept_forever(settings, prune):
    settings.AUDIT_DAYS = 0
    AuditEvent.objects.bulk_create([event(4000)])
    assert "Removed 0 audit events." in prune()


def test_many_rows_are_deleted_in_batches(prune):
    AuditEvent.objects.bulk_create([event(400) for _ in range(retention.BATCH * 2 + 1)])
    assert f"Removed {retention.BATCH * 2 + 1} audit events." in prune()


def test_each_batch_is_a_separate_step():
    """The server pauses between two steps without occupying a thread."""
    AuditEvent.objects.bulk_create([event(400) for _ in range(retention.BATCH + 1)])
    kept = AuditEvent.objects.create(kind=Kind.LEFT)
    steps = retention.prune_batches()
    assert next(steps) == ("audit events", retention.BATCH)
    assert AuditEvent.objects.count() == 2
    AuditEvent.objects.create(kind=Kind.LEFT)
    assert next(steps) == ("audit events", 1)
    assert list(steps) == []
    assert AuditEvent.objects.filter(pk=kept.pk).exists()


def test_samples_are_deleted_after_ninety_days(prune):
    now = timezone.now()
    for days in (89, 91):
        ActivitySample.objects.create(minute=minute_of(now - timedelta(days=days)))
    assert "Removed 1 activity samples." in prune()
    assert ActivitySample.objects.get().minute == minute_of(now - timedelta(days=89))


def test_expired_sessions_are_deleted_with_their_details(prune, browser_of):
    ana = make_user("ana")
    gone, kept = browser_of(ana).session.session_key, browser_of(ana).session.session_key
    Session.objects.filter(pk=gone).update(expire_date=timezone.now() - timedelta(seconds=1))
    output = prune()
    assert "Removed 1 sessions." in output
    assert "Removed 1 session details." in output
    assert Session.objects.get().pk == kept
    assert UserSession.objects.get().session_key == kept


@pytest.mark.django_db(transaction=True)
async def test_server_prunes_daily(monkeypatch):
    monkeypatch.setattr(retention, "FIRST_SECONDS", 0)
    await in_writing_thread(event(400).save)
    task = asyncio.create_task(retention.prune_daily())
    while await in_thread(AuditEvent.objects.exists):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    assert not task.done()
    task.cancel()
