"""Bots: who creates and manages them, that no one can log in as them, and that they aren't counted as people."""

import io

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.auth.session_lookup import users_of_sessions
from accounts.bots.actions import create_bot, delete_bot, disable_bot, enable_bot, update_bot
from accounts.lifecycle.suspension import suspend
from accounts.models import ActivitySample, AuditEvent, Connection, ServerProcess, SiteSettings, User, use_site
from accounts.presence.activity import ActivityDelta, store
from accounts.reporting.connections import ConnectionFilter, load_report
from tests.accounts.test_profile import picture
from tests.factories import log_in, make_bot, make_token, make_user
from tests.live_client import session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def root() -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def bot(ana) -> User:
    return make_bot("helper", owner=ana)


class TestCreation:
    def test_a_bot_belongs_to_its_creator(self, ana):
        bot = create_bot(actor=ana, username="helper", display_name=" Helping  hand ", owner=ana)
        assert (bot.is_bot, bot.owner, bot.name) == (True, ana, "Helping hand")
        event = AuditEvent.objects.get(kind=Kind.BOT_CREATED)
        assert (event.actor, event.target_name, event.detail) == (ana, "helper", {"owner": "ana"})

    def test_it_joins_no_room(self, everyone, bot):
        assert not bot.memberships.exists()

    def test_only_admins_create_bots_for_the_site_and_for_others(self, ana, root):
        mira = make_user("mira")
        for actor, owner in ((ana, None), (ana, mira), (mira, ana)):
            with pytest.raises(NotAllowed):
                create_bot(actor=actor, username="helper", owner=owner)
        assert create_bot(actor=root, username="helper", owner=None).owner is None
        assert create_bot(actor=root, username="helper2", owner=ana).owner == ana

    def test_bots_own_no_bots(self, bot, root):
        for actor in (bot, root, None):
            with pytest.raises(NotAllowed):
                create_bot(actor=actor, username="another", owner=bot)

    def test_admins_can_reserve_the_creation_of_bots(self, ana, root):
        use_site(SiteSettings(bot_creation="admins"))
        with pytest.raises(NotAllowed):
            create_bot(actor=ana, username="helper", owner=ana)
        create_bot(actor=root, username="helper", owner=root)

    @pytest.mark.parametrize("username", ["", "ana", "ANA", "a b", "all", "x" * 33])
    def test_names_follow_the_rules_for_people(self, ana, username):
        with pytest.raises(ValidationError) as caught:
            create_bot(actor=ana, username=username, display_name="x" * 61, owner=ana)
        assert set(caught.value.message_dict) == {"username", "display_name"}

    def test_people_have_a_limited_number_of_bots(self, ana, bot, settings):
        settings.CHAT_BOTS_PER_PERSON = 2
        second = make_bot(owner=ana)
        with pytest.raises(ValidationError, match="You can have 2 bots"):
            create_bot(actor=ana, username="third", owner=ana)
        disable_bot(actor=ana, bot=second)
        third = create_bot(actor=ana, username="third", owner=ana)
        with pytest.raises(ValidationError, match="You can have 2 bots"):
            enable_bot(actor=ana, bot=second)
        delete_bot(actor=ana, bot=third)
        enable_bot(actor=ana, bot=second)
        assert User.objects.get(pk=second.pk).is_active


class TestManagement:
    def test_owners_and_admins_manage_a_bot(self, ana, root, bot):
        for actor, name in ((ana, "First"), (root, "Second")):
            update_bot(actor=actor, bot=bot, username="renamed", display_name=name)
            assert User.objects.get(username="renamed").name == name
        update_bot(actor=ana, bot=bot, username="renamed", display_name="", photo=picture())
        assert User.objects.get(pk=bot.pk).avatar_name
        assert AuditEvent.objects.filter(kind=Kind.ACCOUNT_CHANGED).last().detail == {
            "fields": ["display_name", "photo"]
        }

    def test_others_do_not(self, bot):
        for actor in (make_user(), make_user(is_staff=True), bot, make_bot()):
            for act in (disable_bot, enable_bot, delete_bot):
                with pytest.raises(NotAllowed):
                    act(actor=actor, bot=bot)
            with pytest.raises(NotAllowed):
                update_bot(actor=actor, bot=bot, username="renamed", display_name="")

    def test_people_are_not_managed_as_bots(self, ana, root):
        with pytest.raises(NotAllowed):
            disable_bot(actor=root, bot=ana)

    def test_a_taken_name_is_refused(self, ana, bot):
        with pytest.raises(ValidationError) as caught:
            update_bot(actor=ana, bot=bot, username="ana", display_name="")
        assert list(caught.value.message_dict) == ["username"]

    def test_a_deleted_bot_leaves_a_deleted_user(self, ana, bot):
        delete_bot(actor=ana, bot=bot)
        bot.refresh_from_db()
        assert (bot.is_bot, bot.owner, bot.is_active, bot.name) == (False, None, False, "Deleted user")


class TestLogin:
    def test_no_password_lets_anyone_log_in(self, bot):
        User.objects.filter(pk=bot.pk).update(password=bot.password)
        for password in ("", "!", bot.password, "a long pass phrase"):
            assert authenticate(username="helper", password=password) is None
            page = Client().post("/accounts/login/", {"login": "helper", "password": password})
            assert page.status_code == 200

    def test_a_session_of_a_bot_is_not_accepted(self, bot):
        """Not even one that another part of the site began."""
        client = log_in(bot)
        assert client.get("/profile/").status_code == 302
        assert client.get("/session/").status_code == 401
        assert users_of_sessions([session_of(bot)]) == [None]

    @pytest.mark.parametrize(
        "fields",
        [{"password": "md5$salt$hash"}, {"email": "a@example.org"}, {"is_staff": True}, {"is_superuser": True}],
        ids=["password", "email", "staff", "superuser"],
    )
    def test_the_database_refuses_what_would_let_a_bot_log_in(self, bot, fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=bot.pk).update(**fields)

    def test_only_bots_have_owners(self, ana, root):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=ana.pk).update(owner=root)

    def test_admins_cannot_give_a_bot_a_password(self, bot, root):
        client = log_in(root)
        assert client.get(f"/admin/accounts/user/{bot.pk}/password/").status_code == 403
        assert client.post(f"/admin/accounts/user/{bot.pk}/change/", {"is_staff": "on"}).status_code == 403
        assert client.get(f"/admin/accounts/user/{bot.pk}/change/").status_code == 200

    def test_a_suspended_owner_cannot_use_it(self, ana, bot):
        suspend(user=ana)
        with pytest.raises(NotAllowed):
            create_bot(actor=ana, username="another", owner=ana)


def test_bots_are_not_counted_as_people(ana, bot, no_samples):
    process = ServerProcess.objects.create(host="host", pid=1)
    for user in (ana, bot, bot):
        Connection.objects.create(process=process, user=user)
    report = load_report(ConnectionFilter())
    assert (report.people, report.connections, report.count) == (1, 3, 3)
    store(ActivityDelta(), process.started_at)
    assert ActivitySample.objects.get().people == 1


def test_tokens_of_a_disabled_bot_are_revoked(ana, bot):
    token, _secret = make_token(bot)
    disable_bot(actor=ana, bot=bot)
    token.refresh_from_db()
    assert token.revoked_at is not None


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command("create_bot", *arguments, stdout=out)
        return out.getvalue().strip()

    def test_it_creates_bots_of_people_and_of_the_site(self, ana):
        assert self.run("helper", "--owner", "ANA").startswith("Bot helper created.")
        self.run("sites", "--display-name", "Site’s bot")
        assert User.objects.get(username="helper").owner == ana
        assert (User.objects.get(username="sites").owner, User.objects.get(username="sites").name) == (
            None,
            "Site’s bot",
        )

    def test_errors_name_what_is_wrong(self, ana, bot):
        for arguments, error in (
            (["new", "--owner", "helper"], "no person named 'helper'"),
            (["new", "--owner", "mira"], "no person named 'mira'"),
            (["ana"], "USERNAME: That username is taken."),
        ):
            with pytest.raises(CommandError, match=error):
                self.run(*arguments)

    def test_the_first_account_is_a_person(self, db):
        """Otherwise, no one could set up the site."""
        with pytest.raises(CommandError, match="There is no account yet"):
            self.run("helper")
