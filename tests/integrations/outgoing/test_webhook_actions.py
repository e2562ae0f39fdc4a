"""Owners of a room create, change and delete its outgoing webhooks. Nobody else does."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import Kind
from accounts.bots.actions import create_bot, delete_bot
from accounts.models import AuditEvent
from integrations.encryption import Unreadable, decrypt
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing import actions
from integrations.outgoing.actions import change_webhook
from integrations.servers.actions import delete_integration, renew_secret, switch_integration
from integrations.servers.signatures import sign
from rooms.actions import delete_room
from rooms.errors import Forbidden, Invalid, LimitReached
from rooms.models import Membership
from tests.factories import log_in, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db

FORM = {
    "bot": "gardener",
    "url": "https://bot.example.org/hook",
    "trigger": "mention",
    "words": "",
    "dialect": "chatsite",
}


@pytest.fixture
def ana():
    return make_user("ana")


@pytest.fixture
def room(ana):
    return make_room("Garden", owner=ana)


def create(ana, room, **fields) -> OutgoingWebhook:
    return actions.create_webhook(actor=ana, room=room, origin="https://chat.example.org", **FORM | fields)[0]


@pytest.fixture
def webhook(ana, room):
    return create(ana, room)


def addresses(webhook: OutgoingWebhook) -> list[tuple[str, str, dict]]:
    """Return every request about a webhook: method, path and fields."""
    args = [webhook.room_id, webhook.pk]
    delivery = OutgoingDelivery.objects.create(
        webhook=webhook, message=post(webhook.room, webhook.created_by), expires_at=webhook.created_at, state="failed"
    )
    return [
        ("GET", reverse("outgoing:webhooks", args=args[:1]), {}),
        ("GET", reverse("outgoing:new_webhook", args=args[:1]), {}),
        ("GET", reverse("outgoing:webhook", args=args), {}),
        ("POST", reverse("outgoing:redelivery", args=[*args, delivery.pk]), {}),
        ("POST", reverse("outgoing:switch", args=args), {"_method": "DELETE"}),
        ("POST", reverse("outgoing:secret", args=args), {}),
        ("POST", reverse("outgoing:webhook", args=args), FORM),
        ("POST", reverse("outgoing:new_webhook", args=args[:1]), FORM | {"bot": "another"}),
        ("POST", reverse("outgoing:webhook", args=args), {"_method": "DELETE"}),
    ]


def request(client: Client, method: str, path: str, fields: dict) -> int:
    headers = {"X-Requested-With": "fetch"}
    return (client.get if method == "GET" else client.post)(path, fields, headers=headers).status_code


@pytest.mark.parametrize(
    ("kind", "role", "expected"),
    [
        ("public", "owner", {200, 302}),
        ("public", "moderator", {403}),
        ("public", "member", {403}),
        ("public", "stranger", {403}),
        ("private", "owner", {200, 302}),
        ("private", "moderator", {403}),
        ("private", "member", {403}),
        ("private", "stranger", {404}),
        ("private", "staff", {404}),
        ("private", "anonymous", {401}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_who_may_do_what(kind, role, expected, ana):
    room = make_room("Garden", owner=ana, kind=kind)
    user = make_user("user", is_staff=role == "staff", is_superuser=role == "staff")
    if role in Membership.Role.values:
        make_member(room, user, role=role)
    client = Client() if role == "anonymous" else log_in(user)
    statuses = [request(client, *each) for each in addresses(create(ana, room))]
    assert set(statuses) <= expected, statuses


def test_the_page_of_another_room_does_not_show_it(ana, webhook):
    other = make_room("Other", owner=ana)
    path = reverse("outgoing:webhook", args=[other.pk, webhook.pk])
    assert request(log_in(ana), "GET", path, {}) == 404


def test_creating_one_shows_its_secret_once(ana, room):
    client = log_in(ana)
    page = client.post(reverse("outgoing:new_webhook", args=[room.pk]), FORM)
    webhook = OutgoingWebhook.objects.get()
    secret = decrypt(webhook.secret)
    assert secret in page.content.decode()
    assert secret not in webhook.secret
    assert secret not in client.get(reverse("outgoing:webhook", args=[room.pk, webhook.pk])).content.decode()
    assert (webhook.bot.username, webhook.bot.is_bot, webhook.bot.owner) == ("gardener", True, ana)
    assert room.memberships.filter(user=webhook.bot).exists()


def test_bots_of_the_same_name_are_told_apart(ana, room):
    for username in ("gardener", "helper"):
        create_bot(actor=ana, username=username, display_name="Robot", owner=ana)
        create(ana, room, bot=username)
    page = log_in(ana).get(reverse("outgoing:webhooks", args=[room.pk])).text
    assert all(f"@{username}" in page for username in ("gardener", "helper"))


def test_a_bot_of_ones_own_can_be_used_and_no_other(ana, room):
    own = create_bot(actor=ana, username="helper", owner=ana)
    create_bot(actor=None, username="foreign", owner=make_user("bo"))
    assert create(ana, room, bot="HELPER").bot == own
    for name in ("foreign", "ana", "a b", ""):
        with pytest.raises(Invalid) as refused:
            create(ana, room, bot=name)
        assert refused.value.field == "bot"


@pytest.mark.parametrize(
    "url", ["http://bot.example.org/", "https://ana:b@bot.example.org/", "ftp://bot.example.org/", "https://e.org:22/"]
)
def test_urls_that_are_not_allowed_are_refused(url, ana, room):
    with pytest.raises(Invalid) as refused:
        create(ana, room, url=url)
    assert refused.value.field == "url"
    assert OutgoingWebhook.objects.count() == 0


@pytest.mark.parametrize("words", ["", " , ", "x" * 51], ids=["none", "blank", "long"])
def test_words_are_checked(words, ana, room):
    with pytest.raises(Invalid) as refused:
        create(ana, room, trigger="words", words=words)
    assert refused.value.field == "words"


def test_limits_per_room_and_person(ana, room, monkeypatch):
    monkeypatch.setattr(actions, "MAX_PER_ROOM", 1)
    create(ana, room)
    with pytest.raises(LimitReached):
        create(ana, room)
    monkeypatch.setattr(actions, "MAX_PER_PERSON", 1)
    with pytest.raises(LimitReached):
        create(ana, make_room(owner=ana))


def test_every_change_is_in_the_audit_log_without_the_url(ana, room, webhook):
    url = "https://bot.example.org/secret-path"
    change_webhook(actor=ana, webhook=webhook, url=url, trigger="all", words="", dialect="slack", allows_alias=False)
    switch_integration(actor=ana, integration=webhook, is_enabled=False)
    renew_secret(actor=ana, integration=webhook)
    delete_integration(actor=ana, integration=webhook)
    events = AuditEvent.objects.filter(kind__startswith="webhook").order_by("pk")
    kinds = [Kind.WEBHOOK_CREATED, *[Kind.WEBHOOK_CHANGED] * 3, Kind.WEBHOOK_DELETED]
    assert [event.kind for event in events] == kinds
    assert all(event.detail["bot"] == "gardener" and event.target_name == room.name for event in events)
    assert events[1].detail["host"] == "bot.example.org"
    assert not any("secret-path" in str(event.detail) for event in events)


def test_a_member_cannot_act(room, webhook):
    member = make_member(room)
    with pytest.raises(Forbidden):
        renew_secret(actor=member, integration=webhook)


def test_a_new_secret_replaces_the_old_one(ana, webhook):
    before = decrypt(webhook.secret)
    after = renew_secret(actor=ana, integration=webhook)
    webhook.refresh_from_db()
    assert decrypt(webhook.secret) == after != before
    assert sign(after, 1, b"") != sign(before, 1, b"")


def test_secrets_survive_a_change_of_the_key_if_the_old_one_is_kept(webhook, settings):
    secret, old = decrypt(webhook.secret), settings.SECRET_KEY
    settings.SECRET_KEY = "another key that is long enough to be one"
    with pytest.raises(Unreadable):
        decrypt(webhook.secret)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert decrypt(webhook.secret) == secret


def test_deleting_the_room_deletes_its_webhooks(ana, room, webhook):
    addresses(webhook)
    delete_room(actor=ana, room=room)
    assert not OutgoingWebhook.objects.exists()
    assert not OutgoingDelivery.objects.exists()


def test_deleting_the_bot_deletes_its_webhooks(ana, room, webhook):
    addresses(webhook)
    delete_bot(actor=ana, bot=webhook.bot)
    assert not OutgoingWebhook.objects.exists()


def test_admins_can_delete_one(webhook):
    root = log_in(make_user("root", is_staff=True, is_superuser=True))
    path = reverse("admin:integrations_outgoingwebhook_delete", args=[webhook.pk])
    assert root.post(path, {"post": "yes"}).status_code == 302
    assert not OutgoingWebhook.objects.exists()
    assert AuditEvent.objects.filter(kind=Kind.WEBHOOK_DELETED).exists()
