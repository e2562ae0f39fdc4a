"""Registering accounts: refusals, effects and races."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import connection

from accounts import actions
from accounts.models import Invitation, User
from accounts.registration.validation import NewUser
from accounts.signals import user_registered
from tests.accounts.conftest import PASSWORD
from tests.factories import make_user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("username", {"username": ""}),
        ("username", {"username": "-x"}),
        ("username", {"username": "ANA"}),
        ("email", {"email": "no address"}),
        ("email", {"email": "ANA@example.org"}),
        ("email", {"email": f"{'x' * 250}@example.org"}),
        ("display_name", {"display_name": "x" * 61}),
        ("display_name", {"display_name": "a\u202eb"}),
        ("password", {"password": "short"}),
        ("password", {"password": "password"}),
        ("password", {"password": "newcomer1"}),  # like the name
        ("password", {"password": "a null \0 character"}),
        ("password", {"password": None}),  # and no email for setting one
    ],
)
def test_invalid_field_is_reported_and_nothing_created(field, change):
    make_user("ana", email="ana@example.org")
    with pytest.raises(ValidationError) as refusal:
        actions.register_user(new_user=NewUser(**{"username": "newcomer", "password": PASSWORD} | change))
    assert set(refusal.value.message_dict) == {field}
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_all_errors_are_reported_at_once():
    with pytest.raises(ValidationError) as refusal:
        actions.register_user(new_user=NewUser(username="-", password="x", email="y", display_name="\n\u200b"))
    assert set(refusal.value.message_dict) == {"username", "password", "email", "display_name"}


@pytest.mark.django_db
def test_email_that_another_person_added_is_taken():
    EmailAddress.objects.create(user=make_user("ana"), email="second@example.org")
    with pytest.raises(ValidationError, match="already in use"):
        actions.register_user(new_user=NewUser(username="bo", password=PASSWORD, email="Second@example.org"))


@pytest.mark.django_db
def test_registration_stores_the_email_and_sends_a_signal(sent):
    signals = sent(user_registered)
    user = actions.register_user(
        new_user=NewUser(username="  Ünal ", password=PASSWORD, email="U@Example.org", display_name=" Ü  N ")
    )
    assert (user.username, user.email, user.display_name, user.is_staff) == ("Ünal", "u@example.org", "Ü N", False)
    assert user.check_password(PASSWORD)
    assert list(EmailAddress.objects.values_list("user", "email", "primary", "verified")) == [
        (user.pk, "u@example.org", True, False)
    ]
    assert signals == [{"user": user, "invitation": None}]


@pytest.mark.django_db
def test_failing_receiver_rolls_the_registration_back():
    def refuse(**kwargs):
        raise RuntimeError("no room")

    user_registered.connect(refuse)
    try:
        with pytest.raises(RuntimeError):
            actions.register_user(new_user=NewUser(username="ana", password=PASSWORD, email="ana@example.org"))
    finally:
        user_registered.disconnect(refuse)
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()


def at_once(times, function):
    """Run `function(number)` simultaneously in several threads, and return results and exceptions."""

    def run(number):
        try:
            return function(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_simultaneous_registrations_get_a_username_once():
    results = at_once(
        4,
        lambda number: actions.register_user(new_user=NewUser(username=["ana", "ANA"][number % 2], password=PASSWORD)),
    )
    assert sum(isinstance(result, User) for result in results) == 1
    refusals = [result for result in results if not isinstance(result, User)]
    assert all(isinstance(refusal, ValidationError) and "username" in refusal.message_dict for refusal in refusals)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_registrations_use_an_invitation_once():
    invitation = Invitation.objects.create(created_by=make_user("ana"), max_uses=1)
    results = at_once(
        4,
        lambda number: actions.register_user(
            new_user=NewUser(username=f"guest{number}", password=PASSWORD), invitation=invitation
        ),
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, actions.InvitationExpired) for result in results) == 3
    invitation.refresh_from_db()
    assert invitation.uses == 1
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_simultaneous_setups_create_one_owner():
    results = at_once(
        4, lambda number: actions.set_up_site(new_user=NewUser(username=f"root{number}", password=PASSWORD))
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, actions.AlreadySetUp) for result in results) == 3
    assert User.objects.get().is_superuser
