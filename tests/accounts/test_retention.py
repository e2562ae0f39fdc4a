"""What is kept for a while only goes in time, and nothing else does."""

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
def said(capsys):
    def run(*words: str) -> str:
        call_command("prune", *words)
        return capsys.readouterr().out

    return run


def test_audit_events_go_when_their_days_are_over(settings, said):
    settings.AUDIT_DAYS = 30
    AuditEvent.objects.bulk_create([event(31), event(29, Kind.LEFT)])
    assert "Would remove 1 audit events." in said("--dry-run")
    assert AuditEvent.objects.count() == 2
    assert "Removed 1 audit events." in said()
    assert AuditEvent.objects.get().kind == Kind.LEFT


def test_a_site_may_keep_them_for_ever(settings, said):
    settings.AUDIT_DAYS = 0
    AuditEvent.objects.bulk_create([event(4000)])
    assert "Removed 0 audit events." in said()


def test_however_many_there_are(said):
    AuditEvent.objects.bulk_create([event(400) for _ in range(retention.BATCH * 2 + 1)])
    assert f"Removed {retention.BATCH * 2 + 1} audit events." in said()


def test_samples_go_after_ninety_days(said):
    now = timezone.now()
    for days in (89, 91):
        ActivitySample.objects.create(minute=minute_of(now - timedelta(days=days)))
    assert "Removed 1 activity samples." in said()
    assert ActivitySample.objects.get().minute == minute_of(now - timedelta(days=89))


def test_sessions_that_ran_out_go_with_their_line_in_the_list_of_browsers(said, browser_of):
    ana = make_user("ana")
    gone, kept = browser_of(ana).session.session_key, browser_of(ana).session.session_key
    Session.objects.filter(pk=gone).update(expire_date=timezone.now() - timedelta(seconds=1))
    told = said()
    assert "Removed 1 sessions." in told
    assert "Removed 1 session details." in told
    assert Session.objects.get().pk == kept
    assert UserSession.objects.get().session_key == kept


@pytest.mark.django_db(transaction=True)
async def test_the_server_does_it_by_itself(monkeypatch):
    monkeypatch.setattr(retention, "FIRST_SECONDS", 0)
    pruned, loop, prune = asyncio.Event(), asyncio.get_running_loop(), retention.prune

    def prune_and_tell() -> dict[str, int]:
        try:
            return prune()
        finally:
            loop.call_soon_threadsafe(pruned.set)

    monkeypatch.setattr(retention, "prune", prune_and_tell)
    await in_writing_thread(event(400).save)
    task = asyncio.create_task(retention.prune_daily())
    await asyncio.wait_for(pruned.wait(), 30)
    assert not await in_thread(AuditEvent.objects.exists)
    assert not task.done()
    task.cancel()
