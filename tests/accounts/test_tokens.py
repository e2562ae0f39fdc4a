"""API tokens: their creation and look-up, when they end, and what is recorded about them."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import data_export
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.auth.token_actions import create_token, revoke_token
from accounts.auth.tokens import bearer_of, ended_tokens, note_use, users_of_tokens
from accounts.lifecycle import retention
from accounts.lifecycle.deletion import delete_account
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import APIToken, AuditEvent, Scope, User
from tests.factories import log_in, make_bot, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def root() -> User:
    return make_user("root", is_staff=True, is_superuser=True)


def is_valid(secret: str) -> bool:
    [found] = users_of_tokens([secret])
    return found is not None


class TestCreation:
    def test_only_a_hash_of_the_secret_is_stored(self, ana):
        token, secret = create_token(actor=ana, user=ana, name=" Deploy  script ", scopes=["read", "write"])
        assert secret.startswith("chatsite_") and len(secret) == len("chatsite_") + 43
        assert (token.name, token.hint) == ("Deploy script", secret[-4:])
        stored = str(APIToken.objects.values().get(pk=token.pk))
        assert secret[9:] not in stored
        assert secret[9:] not in str(list(AuditEvent.objects.values()))

    def test_creation_is_recorded(self, ana):
        token, _secret = create_token(actor=ana, user=ana, name="Script", scopes=["write", "read"])
        event = AuditEvent.objects.get(kind=Kind.TOKEN_CREATED)
        assert (event.actor, event.target_name) == (ana, "ana")
        assert event.detail == {"token": token.pk, "name": "Script", "scopes": ["read", "write"]}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"name": "a\u202eb"}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["read", "everything"]}, "scopes"),
            ({"scopes": ["read", "admin"]}, "scopes"),
            ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expires_at"),
        ],
        ids=["no name", "long name", "hidden character", "no scope", "unknown scope", "admin scope", "past"],
    )
    def test_invalid_values_are_refused_with_the_field(self, ana, fields, field):
        with pytest.raises(ValidationError) as caught:
            create_token(actor=ana, user=ana, **{"name": "Script", "scopes": ["read"]} | fields)
        assert list(caught.value.message_dict) == [field]

    def test_admins_can_have_the_scope_admin(self, root):
        token, _secret = create_token(actor=root, user=root, name="Script", scopes=["admin"])
        assert token.scopes == {Scope.ADMIN}

    def test_no_one_can_create_tokens_of_others(self, ana, root):
        mira = make_user("mira")
        bot, own = make_bot("helper", owner=mira), make_bot("anas", owner=ana)
        for actor, user in ((ana, mira), (root, mira), (ana, bot), (root, bot), (own, own), (own, ana)):
            with pytest.raises(NotAllowed):
                create_token(actor=actor, user=user, name="Script", scopes=["read"])
        assert not APIToken.objects.exists()

    def test_owners_create_tokens_of_their_bots_and_admins_those_of_the_site(self, ana, root):
        for actor, bot in ((ana, make_bot("helper", owner=ana)), (root, make_bot("sites"))):
            token, secret = create_token(actor=actor, user=bot, name="Script", scopes=["read"])
            assert (token.user, token.created_by) == (bot, actor)
            assert is_valid(secret)
        with pytest.raises(NotAllowed):
            create_token(actor=ana, user=bot, name="Script", scopes=["read"])

    def test_suspended_people_get_none(self, ana):
        suspend(user=ana)
        with pytest.raises(NotAllowed):
            create_token(actor=None, user=ana, name="Script", scopes=["read"])

    def test_people_have_a_limited_number_of_tokens(self, ana, settings):
        settings.CHAT_TOKENS_PER_PERSON = 2
        token, _secret = make_token(ana)
        make_token(ana)
        with pytest.raises(ValidationError, match="You can have 2 tokens"):
            make_token(ana)
        revoke_token(actor=ana, token=token)
        make_token(ana)  # the console has no limit per hour
        assert ana.api_tokens.count() == 3

    @pytest.mark.parametrize("bits", [0, 32])
    def test_the_database_refuses_unknown_scopes(self, ana, bits):
        with pytest.raises(IntegrityError), transaction.atomic():
            APIToken.objects.create(user=ana, name="Script", digest="x", hint="x", scope_bits=bits)


class TestLookup:
    def test_tokens_are_looked_up_in_two_queries(self, ana, django_assert_num_queries):
        people = [ana, make_user(), make_bot()]
        secrets = [make_token(person, "read", "files").secret for person in people]
        with django_assert_num_queries(2):
            found = users_of_tokens([*secrets, "chatsite_" + "x" * 43, "", "\0", secrets[0][:-1]])
        assert [each and each.user for each in found] == [*people, None, None, None, None]
        assert found[0].scopes == {"read", "files"}
        assert Scope.WRITE not in found[0].scopes

    def test_what_an_open_socket_needs_is_loaded(self, ana, django_assert_num_queries):
        [found] = users_of_tokens([make_token(ana).secret])
        with django_assert_num_queries(0):
            assert (found.user.name, found.user.is_bot, found.user.is_staff) == ("ana", False, False)

    @pytest.mark.parametrize(
        ("header", "token"),
        [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Bearer", ""), ("Basic abc", None), ("", None)],
        ids=["usual", "other case", "empty", "basic", "none"],
    )
    def test_bearer_of_a_header(self, header, token):
        assert bearer_of(header) == token


def revoke(token):
    revoke_token(actor=token.user, token=token)


def run_out(token):
    APIToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def suspend_holder(token):
    suspend(user=token.user)


def suspend_holder_in_the_admin(token):
    token.user.is_active = False
    token.user.save()


def suspend_by_a_statement(token):
    User.objects.filter(pk=token.user_id).update(is_active=False)


def change_password(token):
    token.user.set_password("another long pass phrase")
    token.user.save()


def delete_holder(token):
    delete_account(user=token.user, with_messages=False)


def delete_row(token):
    token.user.delete()


ENDS = [
    *(revoke, run_out, suspend_holder, suspend_holder_in_the_admin, suspend_by_a_statement),
    *(change_password, delete_holder, delete_row),
]


class TestEnd:
    @pytest.mark.parametrize("end", ENDS)
    def test_ended_token_is_invalid_and_reported(self, ana, end):
        token, secret = make_token(ana)
        _other, others = make_token(make_user())
        held = users_of_tokens([secret, others])
        assert ended_tokens(held) == set()
        end(token)
        assert users_of_tokens([secret, others]) == [None, held[1]]
        assert ended_tokens(held) == {token.pk}

    def test_tokens_stay_revoked_after_a_suspension(self, ana):
        token, secret = make_token(ana)
        suspend(user=ana)
        reinstate(user=ana)
        assert not is_valid(secret)
        assert AuditEvent.objects.get(kind=Kind.TOKEN_REVOKED).detail == {"token": token.pk, "name": token.name}

    def test_logging_out_leaves_tokens(self, ana):
        _token, secret = make_token(ana)
        log_in(ana).post("/accounts/logout/")
        assert is_valid(secret)

    def test_tokens_of_bots_end_with_a_suspension_but_not_with_a_new_password(self, ana):
        _token, secret = make_token(make_bot("helper", owner=ana))
        ana.set_password("another long pass phrase")
        ana.save()
        assert is_valid(secret)
        suspend(user=ana)
        assert not is_valid(secret)

    def test_bots_are_deleted_with_their_owner(self, ana):
        bot = make_bot("helper", owner=ana)
        _token, secret = make_token(bot)
        delete_account(user=ana, with_messages=False)
        bot.refresh_from_db()
        assert (bot.name, bot.owner, is_valid(secret)) == ("Deleted user", None, False)

    def test_who_may_revoke(self, ana, root):
        helper = make_user("helper", is_staff=True)
        bot = make_bot("bot", owner=ana)
        for holder, allowed in ((ana, [ana, root]), (bot, [ana, root, bot])):
            for actor in (ana, root, bot, helper, make_user()):
                token, secret = make_token(holder)
                if actor in allowed:
                    assert revoke_token(actor=actor, token=token)
                    assert not revoke_token(actor=actor, token=token)
                else:
                    with pytest.raises(NotAllowed):
                        revoke_token(actor=actor, token=token)
                assert is_valid(secret) == (actor not in allowed)
        helper.user_permissions.add(Permission.objects.get(codename="delete_apitoken"))
        assert revoke_token(actor=User.objects.get(pk=helper.pk), token=make_token(ana).token)

    def test_ended_tokens_are_deleted_after_a_month(self, ana):
        revoked, expired, fresh, open_ = (make_token(ana).token.pk for _ in range(4))
        now = timezone.now()
        APIToken.objects.filter(pk=revoked).update(revoked_at=now - timedelta(days=31))
        APIToken.objects.filter(pk=expired).update(expires_at=now - timedelta(days=31))
        APIToken.objects.filter(pk=fresh).update(revoked_at=now - timedelta(days=29))
        retention.prune()
        assert set(APIToken.objects.values_list("pk", flat=True)) == {fresh, open_}


class TestUse:
    def test_use_is_recorded_at_most_every_five_minutes(self, ana, django_assert_num_queries):
        token, secret = make_token(ana)
        [held] = users_of_tokens([secret])
        assert held.is_use_due
        note_use([(held, "192.0.2.1"), (held, "192.0.2.2")])
        note_use([(held, "192.0.2.3")])  # by another process, which doesn't know yet
        token.refresh_from_db()
        assert (token.last_used_address, token.last_used_at is None) == ("192.0.2.2", False)
        [held] = users_of_tokens([secret])
        assert not held.is_use_due
        with django_assert_num_queries(0):
            note_use([(held, "192.0.2.3")])

    def test_use_is_recorded_again_later(self, ana):
        token, secret = make_token(ana)
        earlier = timezone.now() - timedelta(minutes=6)
        APIToken.objects.filter(pk=token.pk).update(last_used_at=earlier)
        note_use([(users_of_tokens([secret])[0], "::1")])
        token.refresh_from_db()
        assert token.last_used_at > earlier and token.last_used_address == "::1"


def test_export_names_tokens_without_their_hashes(ana):
    token, secret = make_token(ana, "read", name="Deploy script")
    make_bot("helper", owner=ana)
    archive = b"".join(data_export.archive(ana))
    files = {name: b"".join(content) for name, content in data_export._account(ana)}
    assert b"Deploy script" in files["api_tokens.json"] and b"helper" in files["bots.json"]
    assert token.digest.encode() not in files["api_tokens.json"] + archive
    assert secret.encode() not in files["api_tokens.json"]


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = io.StringIO()
        call_command("create_token", *arguments, stdout=out)
        return out.getvalue().strip()

    def test_it_prints_the_secret_only(self, ana):
        secret = self.run("ANA", "--name", "Script", "--scope", "read", "--scope", "write", "--days", "7")
        [found] = users_of_tokens([secret])
        assert (found.user, found.scopes) == (ana, {"read", "write"})
        assert timedelta(days=6) < APIToken.objects.get().expires_at - timezone.now() < timedelta(days=7)

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (["mira", "--scope", "read"], "no user named 'mira'"),
            (["suspended", "--scope", "read"], "suspended is suspended"),
            (["ana", "--scope", "all"], "--scope: There’s no scope “all”. Choose from read, write, files"),
            (["ana", "--scope", "read", "--days", "-1"], "--days: Choose a time in the future"),
            (["ana", "--scope", "read", "--days", "9999999"], "--days: that is too long"),
        ],
        ids=["unknown", "suspended", "scope", "past", "too long"],
    )
    def test_errors_name_what_is_wrong(self, ana, arguments, error):
        suspend(user=make_user("suspended"))
        with pytest.raises(CommandError, match=error):
            self.run(*arguments, "--name", "Script")
