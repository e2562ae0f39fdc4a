"""Usernames that look alike: new ones are refused, and accounts that already have one keep working."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import actions
from accounts.models import User
from accounts.registration.csv_import import InvalidFile, read_people
from accounts.registration.validation import NewUser, clean_username
from tests.factories import log_in, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "seven green boats"


def upgrade() -> None:
    migration = import_module("accounts.migrations.0012_username_skeletons")
    User.objects.update(username_skeleton="")
    migration.compare_usernames(apps, None)
    migration.clean_display_names(apps, None)


def make_before_upgrade(username: str, **fields: str) -> User:
    """Create an account without a skeleton, as before the upgrade."""
    User.objects.update(username_skeleton="")
    return make_user(username, **fields)


@pytest.fixture
def lookalikes() -> tuple[User, User]:
    """Two accounts whose names look alike, after an upgrade."""
    pair = make_before_upgrade("ana"), make_before_upgrade("ana\u034f", display_name="\u3164", password=PASSWORD)
    upgrade()
    for user in pair:
        user.refresh_from_db()
    return pair


@pytest.mark.parametrize(("taken", "chosen"), [("Ivan", "lvan"), ("lvan", "Ivan"), ("bob", "b0b"), ("torn", "Tom")])
def test_username_that_looks_like_another_is_refused(taken, chosen):
    make_user(taken)
    with pytest.raises(ValidationError, match="looks too much like an existing one"):
        clean_username(chosen)


def test_database_refuses_a_username_that_looks_like_another():
    make_user("Ivan")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("lvan")


def test_import_with_lookalike_usernames_is_refused():
    with pytest.raises(InvalidFile) as refused:
        read_people(b"username,password\nIvan,seven green boats\nlvan,seven green boats\n")
    assert refused.value.problems == ("row 3: username: “lvan” looks like row 2.",)


def test_lookalike_of_a_deleted_username_becomes_available():
    ivan = make_user("Ivan")
    User.objects.filter(pk=ivan.pk).update(username=f"deleted:{ivan.pk}", deleted_at="2020-01-01T00:00Z")
    assert actions.register_user(new_user=NewUser(username="lvan", password=PASSWORD)).username == "lvan"


def test_upgrade_keeps_both_of_two_lookalikes(lookalikes):
    first, second = lookalikes
    assert (first.username_skeleton, second.username_skeleton) == ("ana", "")
    assert (second.username, second.display_name) == ("ana\u034f", "")


def test_user_with_a_lookalike_name_logs_in_and_edits_the_account(lookalikes, client):
    _first, second = lookalikes
    assert client.post("/accounts/login/", {"login": "ana\u034f", "password": PASSWORD}).status_code == 302
    client.post("/profile/", {"display_name": "Ana B", "theme": "dark", "language": ""})
    second.refresh_from_db()
    assert (second.display_name, second.theme) == ("Ana B", "dark")
    second.set_password("another pass phrase")
    second.save()


def test_admin_finds_a_lookalike_and_renames_it(lookalikes):
    _first, second = lookalikes
    root = log_in(make_user("root", is_staff=True, is_superuser=True))
    listed = root.get("/admin/accounts/user/?lookalike=1").context["cl"].result_list
    assert list(listed) == [second]
    url = f"/admin/accounts/user/{second.pk}/change/"
    assert ">ana</div>" in root.get(url).content.decode()
    root.post(url, {"username": second.username, "display_name": "", "is_suspended": "on"})
    second.refresh_from_db()
    assert not second.is_active
    refused = root.post(url, {"username": "aпa", "display_name": ""})
    assert "username" in refused.context["adminform"].form.errors
    root.post(url, {"username": "ana.b", "display_name": ""})
    second.refresh_from_db()
    assert (second.username, second.username_skeleton) == ("ana.b", "ana.b")


@pytest.mark.parametrize("name", ["ana", "Ana"])
def test_admin_cannot_rename_to_a_taken_name(name):
    make_user("ana")
    bo = make_user("bo")
    root = log_in(make_user("root", is_staff=True, is_superuser=True))
    refused = root.post(f"/admin/accounts/user/{bo.pk}/change/", {"username": name, "display_name": ""})
    assert "That username is taken." in str(refused.context["adminform"].form.errors)


def test_upgrade_removes_invisible_characters_from_display_names():
    before = {"ana": "A\u202ena", "bo": "\u2800", "cy": "c" + "\u0301" * 40, "di": "Di ❤️"}
    for username, name in before.items():
        make_user(username, display_name=name)
    upgrade()
    after = dict(User.objects.values_list("username", "display_name"))
    assert after == {"ana": "Ana", "bo": "", "cy": "c" + "\u0301" * 4, "di": "Di ❤️"}
