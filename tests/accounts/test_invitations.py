"""Sign-up and invitations."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Invitation, User
from accounts.signals import user_registered
from accounts.templatetags.local_times import local_time
from rooms import actions as room_actions
from tests.accounts.conftest import PASSWORD
from tests.factories import make_member, make_room, make_user

pytestmark = pytest.mark.django_db
FORM = {"username": "newcomer", "password1": PASSWORD}


@pytest.fixture
def ana() -> User:
    return make_user("ana")


def sign_up(client: Client, **change: str):
    return client.post("/accounts/signup/", FORM | change)


def test_visitor_signs_up_on_an_open_site(ana, client, sent):
    signals = sent(user_registered)
    response = sign_up(client, email="New@example.org")
    assert (response.status_code, response["Location"]) == (302, "/")
    newcomer = User.objects.get(username="newcomer")
    assert client.get("/session/").json() == {"user": newcomer.pk}
    assert EmailAddress.objects.get().email == "new@example.org"
    assert len(signals) == 1


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
        ({"password1": "password"}, "too common"),
        ({"password1": "newcomer2"}, "too similar"),
    ],
)
def test_errors_are_shown_beside_their_fields(ana, client, change, reason):
    ana.email = "taken@example.org"
    ana.save()
    response = sign_up(client, **change)
    assert response.status_code == 200
    assert reason in response.content.decode()
    assert User.objects.count() == 1


def test_short_password_is_not_called_common_too(ana, client):
    page = sign_up(client, password1="abc123").content.decode()
    assert "too short" in page
    assert "too common" not in page


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_sign_up_needs_an_invitation(settings, ana, client, mode):
    settings.REGISTRATION = mode
    assert b"<form" not in client.get("/accounts/signup/").content
    sign_up(client)
    assert User.objects.count() == 1


def test_invitation_admits_once(settings, ana, client, sent):
    settings.REGISTRATION = "invite"
    signals = sent(user_registered)
    invitation = actions.create_invitation(by=ana, max_uses=1, room_id=7)
    page = client.get(invitation.get_absolute_url(), follow=True)
    assert b"invited you" in page.content
    assert b"ana" in page.content
    assert sign_up(client).status_code == 302
    assert signals == [{"user": User.objects.get(username="newcomer"), "invitation": invitation}]
    second = Client()
    assert second.get(invitation.get_absolute_url()).status_code == 404
    sign_up(second, username="late")
    assert not User.objects.filter(username="late").exists()


def test_invitation_used_up_meanwhile_is_reported(settings, ana, client, monkeypatch):
    """Both forms are valid, but the database admits only one."""
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


def test_username_taken_meanwhile_is_reported(ana, client, monkeypatch):
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
def test_invalid_invitation_admits_no_one(settings, ana, client, change):
    settings.REGISTRATION = "invite"
    invitation = actions.create_invitation(by=ana)
    Invitation.objects.update(**change)
    response = client.get(invitation.get_absolute_url())
    assert response.status_code == 404
    assert b"no longer valid" in response.content
    assert sign_up(client).status_code == 200
    assert User.objects.count() == 1


def test_invitation_of_a_suspended_person_is_invalid(settings, ana, client):
    settings.REGISTRATION = "invite"
    invitation = actions.create_invitation(by=ana)
    User.objects.update(is_active=False)
    assert client.get(invitation.get_absolute_url()).status_code == 404


def test_only_admins_invite_on_a_closed_site(settings, ana, client):
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


def test_member_joins_the_room_of_an_invitation(ana, browser_of):
    bo, room = make_user("bo"), make_room(owner=ana, kind="private")
    invitation = actions.create_invitation(by=ana, room_id=room.pk)
    client = browser_of(bo)
    assert b"Join" in client.get(invitation.get_absolute_url()).content
    assert not room.memberships.filter(user=bo).exists()
    assert client.post(invitation.get_absolute_url()).status_code == 302
    assert room.memberships.filter(user=bo).exists()
    assert uses_of(invitation) == 1


def test_invitation_without_room_is_not_used_up_by_a_member(ana, browser_of):
    invitation = actions.create_invitation(by=ana, max_uses=1)
    client = browser_of(make_user("bo"))
    for response in (client.get(invitation.get_absolute_url()), client.post(invitation.get_absolute_url())):
        assert "You’re already a member".encode() in response.content
    assert uses_of(invitation) == 0


@pytest.mark.parametrize("why", ["already in", "archived", "gone", "no longer the inviter's"])
def test_invitation_to_nothing_is_not_used_up(ana, browser_of, why):
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
    response = browser_of(bo).post(invitation.get_absolute_url())
    assert "hasn’t been used".encode() in response.content
    assert uses_of(invitation) == 0


def test_used_up_invitation_lets_no_member_join(ana, browser_of):
    bo, room = make_user("bo"), make_room(owner=ana)
    invitation = actions.create_invitation(by=ana, max_uses=1, room_id=room.pk)
    client = browser_of(bo)
    Invitation.objects.update(uses=1)
    assert client.post(invitation.get_absolute_url()).status_code == 404
    assert not room.memberships.filter(user=bo).exists()


def test_admins_see_everyones_invitations_in_pages(ana, browser_of, django_assert_max_num_queries):
    for _ in range(60):
        actions.create_invitation(by=ana)
    client = browser_of(make_user("root", is_staff=True))
    client.get("/invitations/")
    with django_assert_max_num_queries(6):
        first = client.get("/invitations/")
    assert first.content.count(b"/join/") == 50
    assert client.get("/invitations/?page=2").content.count(b"/join/") == 10


def test_members_create_list_and_revoke_their_invitations(ana, browser_of):
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


def test_invitation_shows_uses_end_and_room_until_revoked(ana, browser_of):
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
    expires = local_time(timezone.localtime(link.expires_at))
    assert f"adds to <bdi>Harbour</bdi> · 1/5 used · expires {expires}" in page
    assert "adds to a room · 0/5 used" in page
    assert "Cellar" not in page
    client.post(f"/invitations/{link.pk}/revocation/")
    assert "revoked" in client.get("/invitations/").content.decode()
    assert Client().get(link.get_absolute_url()).status_code == 404


def test_qr_code_is_shown_to_those_who_see_the_link(ana, browser_of):
    invitation = actions.create_invitation(by=ana)
    url = f"/invitations/{invitation.pk}/qr-code/"
    client = browser_of(ana)
    assert url in client.get("/invitations/").content.decode()
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert b"<svg" in response.content
    other = actions.create_invitation(by=ana)
    assert client.get(f"/invitations/{other.pk}/qr-code/").content != response.content
    assert browser_of(make_user("bo")).get(url).status_code == 404
    assert browser_of(make_user("root", is_staff=True)).get(url).status_code == 200
    assert Client().get(url).status_code == 302


def test_members_cannot_invite_on_a_closed_site(settings, ana, browser_of):
    settings.REGISTRATION = "closed"
    client = browser_of(ana)
    assert b"Create invite link" not in client.get("/invitations/").content
    assert client.post("/invitations/", {"days": "1", "max_uses": "1"}).status_code == 403


@pytest.fixture
def confirming(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]


def link_in(message) -> str:
    return next(word for word in message.body.split() if "/accounts/" in word).partition("testserver")[2]


def test_mandatory_verification_admits_after_verifying(confirming, ana, client):
    response = sign_up(client, email="new@example.org")
    assert response["Location"] == "/accounts/confirm-email/"
    assert client.get("/session/").status_code == 401
    client.post(link_in(mail.outbox[0]))
    assert EmailAddress.objects.get().verified
    client.post("/accounts/login/", {"login": "newcomer", "password": PASSWORD})
    assert client.get("/session/").status_code == 200


def test_mandatory_verification_does_not_reveal_accounts(confirming, ana, client):
    ana.email = "ana@example.org"
    ana.save()
    response = sign_up(client, email="ana@example.org")
    assert response["Location"] == "/accounts/confirm-email/"
    assert User.objects.count() == 1
    assert "there is already an account" in mail.outbox[0].body


def test_verified_email_is_removed_from_others_who_only_added_it(confirming, ana, client, browser_of):
    User.objects.filter(pk=ana.pk).update(email="bo@example.org")
    EmailAddress.objects.create(user=ana, email="bo@example.org", primary=True)
    bo = make_user("bo")
    mine = EmailAddress.objects.create(user=bo, email="bo@example.org")
    client.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(mine).key}/")
    ana.refresh_from_db()
    bo.refresh_from_db()
    assert (ana.email, bo.email) == ("", "bo@example.org")
    assert EmailAddress.objects.get().user == bo
