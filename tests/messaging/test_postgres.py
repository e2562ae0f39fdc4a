"""The tests of reading and writing messages also pass with PostgreSQL."""

import os
import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.services import postgres_server

TESTED = (
    "tests/accounts/test_bots.py",
    "tests/accounts/test_owned_bots.py",
    "tests/accounts/test_bulk_sql.py",
    "tests/accounts/test_tokens.py",
    "tests/accounts/test_user_groups.py",
    "tests/api/test_idempotency.py",
    "tests/api/test_endpoints.py",
    "tests/integrations/test_aliases.py",
    "tests/integrations/incoming/test_actions.py",
    "tests/integrations/incoming/test_requests.py",
    "tests/integrations/incoming/test_views.py",
    "tests/integrations/outgoing",
    "tests/messaging/test_aliases.py",
    "tests/integrations/slash_commands/test_command_actions.py",
    "tests/integrations/slash_commands/test_command_runs.py",
    "tests/messaging/notifications/test_notify.py",
    "tests/messaging/push",
    "tests/messaging/search",
    "tests/messaging/link_previews",
    "tests/messaging/test_added_mentions.py",
    "tests/messaging/test_blocks.py",
    "tests/messaging/test_bulk_delete.py",
    "tests/messaging/test_edit_history.py",
    "tests/messaging/test_group_mentions.py",
    "tests/messaging/test_inbox.py",
    "tests/messaging/test_journal.py",
    "tests/messaging/test_mentions.py",
    "tests/messaging/test_mentions_page.py",
    "tests/messaging/test_reactions.py",
    "tests/messaging/test_reminders.py",
    "tests/messaging/test_reports.py",
    "tests/messaging/test_room_drafts.py",
    "tests/messaging/test_room_events.py",
    "tests/messaging/test_saved.py",
    "tests/messaging/test_scheduled.py",
    "tests/messaging/test_threads.py",
    "tests/messaging/notifications/test_digest.py",
    "tests/messaging/notifications/test_emails.py",
    "tests/messaging/notifications/test_held_back.py",
    "tests/messaging/test_visible_messages.py",
    "tests/rooms/test_bots.py",
    "tests/rooms/test_conversations.py",
    "tests/test_matrix.py",
)


@pytest.mark.slow
def test_the_same_tests_pass_with_postgres():
    """Without those that need a running site, whose database is SQLite."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--show-capture=no", *TESTED]
    with postgres_server() as url:
        tests = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False
        )
    assert tests.returncode == 0, tests.stdout[-10_000:]
