"""Who may register, and the invitations that bring them."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from accounts import actions
from accounts.models import Invitation, User
from accounts.signals import user_registered
from rooms import actions as room_actions
from tests.accounts.conftest import PASSWORD
from tests.factories import make_member, make_room, make_user

pytestmark = pytest.mark.django_db
FORM = {"username": "newcomer", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def sign_up(client: Client, **change: str):
    return client.post("/accounts/signup/", FORM | change)


def test_on_an_open_site_everybody_registers_and_is_logged_in(ana, client, heard):
    said = heard(user_registered)
    response = sign_up(client, email="New@example.org")
    assert (response.status_code, response["Location"]) == (302, "/")
    newcomer = User.objects.get(username="newcomer")
    assert client.get("/session/").json() == {"user": newcomer.pk}
    assert EmailAddress.objects.get().email == "new@example.org"
    assert len(said) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"username": "ANA"}, "That username is taken"),
        ({"username": "Ａｎａ"}, "That username is taken"),
        ({"username": "аna"}, "different alphabets"),
        ({"username": "everyone"}, "isn’t available"),
        ({"username": "x" * 33}, "32 characters"),
        ({"email": "taken@example.org"}, "already in use"),
        ({"email": "TAKEN@example.org"}, "already in use"),
        ({"password1": "password", "password2": "password"}, "too common"),
        ({"password1": "newcomer2", "password2": "newcomer2"}, "too similar"),
        ({"password2": "something else"}, "same password"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(ana, client, change, reason):
    ana.email = "taken@example.org"
    ana.save()
    response = sign_up(client, **change)
    assert response.status_code == 200
    assert reason in response.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_without_an_invitation_the_door_is_shut(settings, ana, client, mode):
    settings.REGISTRATION = mode
    assert b"<form" not in client.get("/accounts/signup/").content
    sign_up(client)
    assert User.objects.count() == 1


def test_an_invitation_opens_the_door_once(settings, ana, client, heard):
    settings.REGISTRATION = "invite"
    said = heard(user_registered)
    invitation = actions.create_invitation(by=ana, max_uses=1, room_id=7)
    page = client.get(invitation.get_absolute_url(), follow=True)
    assert b"invited you" in page.content
    assert b"ana" in page.content
    assert sign_up(client).status_code == 302
    assert said == [{"user": User.objects.get(username="newcomer"), "invitation": invitation}]
    second = Client()
    assert second.get(invitation.get_absolute_url()).status_code == 404
    sign_up(second, username="late")
    assert not User.objects.filter(username="late").exists()


def test_an_invitation_spent_while_the_form_was_open_is_said_so(settings, ana, client, monkeypatch):
    """Both pass the check; the database lets one in."""
    settings.REGISTRATION = "invite"
    invitation = actions.create_invitation(by=ana, max_uses=1)
    client.get(invitation.get_absolute_url())
    real = actions.register_user

    def overtaken(**kwargs):
        Invitation.objects.update(uses=1)
        return real(**kwargs)

    monkeypatch.setattr(actions, "register_user", overtaken)
    response = sign_up(client)
    assert b"This invite has expired" in response.content
    assert User.objects.count() == 1


def test_a_name_taken_while_the_form_was_checked_is_said_so(ana, client, monkeypatch):
    real = actions.register_user

    def overtaken(**kwargs):
        make_user("newcomer")
        return real(**kwargs)

    monkeypatch.setattr(actions, "register_user", overtaken)
    assert b"That username is taken" in sign_up(client).content


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"max_uses": 3, "uses": 3},
        {"revoked_at": timezone.now()},
    ],
)
def test_an_invitation_that_has_ended_lets_nobody_in(settings, ana, client, change):
    settings.REGISTRATION = "invite"
    invitation = actions.create_invitation(by=ana)
    Invitation.objects.update(**change)
    response = client.get(invitation.get_absolute_url())
    assert response.status_code == 404
    assert b"no longer valid" in response.content
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 1


def test_who_is_suspended_invites_nobody(settings, ana, client):
    settings.REGISTRATION = "invite"
    invitation = actions.create_invitation(by=ana)
    User.objects.update(is_active=False)
    assert client.get(invitation.get_absolute_url()).status_code == 404


def test_on_a_closed_site_only_administrators_invite(settings, ana, client):
    members_own = actions.create_invitation(by=ana)
    settings.REGISTRATION = "closed"
    with pytest.raises(actions.NotAllowed):
        actions.create_invitation(by=ana)
    assert client.get(members_own.get_absolute_url()).status_code == 404
    invitation = actions.create_invitation(by=make_user("root", is_staff=True))
    client.get(invitation.get_absolute_url())
    assert sign_up(client).status_code == 302


def uses_of(invitation: Invitation) -> int:
    invitation.refresh_from_db()
    return invitation.uses


def test_a_member_follows_an_invitation_into_its_room_by_a_press(ana, browser_of):
    bo, room = make_user("bo"), make_room(owner=ana, kind="private")
    invitation = actions.create_invitation(by=ana, room_id=room.pk)
    client = browser_of(bo)
    assert b"Join" in client.get(invitation.get_absolute_url()).content
    assert not room.memberships.filter(user=bo).exists()
    assert client.post(invitation.get_absolute_url()).status_code == 302
    assert room.memberships.filter(user=bo).exists()
    assert uses_of(invitation) == 1


def test_a_link_without_a_room_is_not_used_up_by_who_is_here_already(ana, browser_of):
    invitation = actions.create_invitation(by=ana, max_uses=1)
    client = browser_of(make_user("bo"))
    for answer in (client.get(invitation.get_absolute_url()), client.post(invitation.get_absolute_url())):
        assert "You’re already a member".encode() in answer.content
    assert uses_of(invitation) == 0


@pytest.mark.parametrize("why", ["already in", "archived", "gone", "no longer the inviter's"])
def test_a_link_that_leads_nowhere_is_not_used_up(ana, browser_of, why):
    bo, room = make_user("bo"), make_room(owner=ana, kind="private")
    invitation = actions.create_invitation(by=ana, max_uses=1, room_id=room.pk)
    if why == "already in":
        make_member(room, bo)
    elif why == "archived":
        room_actions.archive_room(actor=ana, room=room)
    elif why == "gone":
        room_actions.delete_room(actor=ana, room=room)
    else:
        room_actions.leave_room(user=ana, room=room)
    answer = browser_of(bo).post(invitation.get_absolute_url())
    assert "hasn’t been used".encode() in answer.content
    assert uses_of(invitation) == 0


def test_a_spent_link_brings_no_member_into_its_room(ana, browser_of):
    bo, room = make_user("bo"), make_room(owner=ana)
    invitation = actions.create_invitation(by=ana, max_uses=1, room_id=room.pk)
    client = browser_of(bo)
    Invitation.objects.update(uses=1)
    assert client.post(invitation.get_absolute_url()).status_code == 404
    assert not room.memberships.filter(user=bo).exists()


def test_administrators_page_through_everybodys_links(ana, browser_of, django_assert_max_num_queries):
    for _ in range(60):
        actions.create_invitation(by=ana)
    client = browser_of(make_user("root", is_staff=True))
    client.get("/invitations/")
    with django_assert_max_num_queries(6):
        first = client.get("/invitations/")
    assert first.content.count(b"/join/") == 50
    assert client.get("/invitations/?page=2").content.count(b"/join/") == 10


def test_members_make_list_and_revoke_their_own_links(ana, browser_of):
    bo = make_user("bo")
    theirs = actions.create_invitation(by=bo)
    client = browser_of(ana)
    client.post("/invitations/", {"days": "1", "max_uses": "5", "room": "3"})
    mine = Invitation.objects.get(created_by=ana)
    assert (mine.max_uses, mine.room_id) == (5, 3)
    assert timedelta(hours=23) < mine.expires_at - timezone.now() <= timedelta(days=1)
    page = client.get("/invitations/").content.decode()
    assert mine.code in page
    assert theirs.code not in page
    assert client.post(f"/invitations/{theirs.pk}/revocation/").status_code == 404
    client.post(f"/invitations/{mine.pk}/revocation/")
    assert list(Invitation.objects.open()) == [theirs]


def test_a_link_says_how_many_came_until_when_and_into_which_room_and_works_no_more_once_revoked(ana, browser_of):
    room, hidden = make_room("Harbour", owner=ana), make_room("Cellar", owner=make_user("bo"), kind="private")
    client = browser_of(ana)
    for into in (room, hidden):
        client.post("/invitations/", {"days": "7", "max_uses": "5", "room": str(into.pk)})
    link = Invitation.objects.get(room_id=room.pk)
    newcomer = Client()
    newcomer.get(link.get_absolute_url())
    sign_up(newcomer)
    assert room.memberships.filter(user__username="newcomer").exists()
    page = " ".join(client.get("/invitations/").content.decode().split())
    expires = date_format(link.expires_at, "DATETIME_FORMAT")
    assert f"adds to <bdi>Harbour</bdi> · 1/5 used · expires {expires}" in page
    assert "adds to a room · 0/5 used" in page
    assert "Cellar" not in page
    client.post(f"/invitations/{link.pk}/revocation/")
    assert "revoked" in client.get("/invitations/").content.decode()
    assert Client().get(link.get_absolute_url()).status_code == 404


def test_on_a_closed_site_members_have_no_form_and_cannot_post_it(settings, ana, browser_of):
    settings.REGISTRATION = "closed"
    client = browser_of(ana)
    assert b"Create invite link" not in client.get("/invitations/").content
    assert client.post("/invitations/", {"days": "1", "max_uses": "1"}).status_code == 403


@pytest.fixture
def confirming(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]


def link_in(message) -> str:
    return next(word for word in message.body.split() if "/accounts/" in word).partition("testserver")[2]


def test_where_emails_are_confirmed_one_comes_in_after_confirming(confirming, ana, client):
    response = sign_up(client, email="new@example.org")
    assert response["Location"] == "/accounts/confirm-email/"
    assert client.get("/session/").status_code == 401
    client.post(link_in(mail.outbox[0]))
    assert EmailAddress.objects.get().verified
    client.post("/accounts/login/", {"login": "newcomer", "password": PASSWORD})
    assert client.get("/session/").status_code == 200


def test_where_emails_are_confirmed_signing_up_does_not_tell_who_is_here(confirming, ana, client):
    ana.email = "ana@example.org"
    ana.save()
    response = sign_up(client, email="ana@example.org")
    assert response["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert "there is already an account" in mail.outbox[0].body


def test_who_proves_an_address_gets_it_from_who_only_claimed_it(confirming, ana, client, browser_of):
    User.objects.filter(pk=ana.pk).update(email="bo@example.org")
    EmailAddress.objects.create(user=ana, email="bo@example.org", primary=True)
    bo = make_user("bo")
    mine = EmailAddress.objects.create(user=bo, email="bo@example.org")
    client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(mine).key}/")
    ana.refresh_from_db()
    bo.refresh_from_db()
    assert (ana.email, bo.email) == ("", "bo@example.org")
    assert EmailAddress.objects.get().user == bo
