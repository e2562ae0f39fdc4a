"""The pages of a room's webhooks."""

import pytest

from integrations.incoming.actions import create_webhook
from integrations.incoming.secret_urls import digest_of
from integrations.models import IncomingWebhook, WebhookDelivery
from tests.factories import log_in, make_member, make_room, make_user

pytestmark = pytest.mark.django_db

FORM = {"name": "Builds", "description": "of main", "text_format": "slack"}


def pages(room, webhook) -> list[str]:
    base = f"/rooms/{room.pk}/webhooks/"
    return [base, f"{base}{webhook.pk}/", f"{base}{webhook.pk}/delete/"]


def test_strangers_moderators_and_members_see_no_webhooks(owner, room, new):
    for person in (make_member(room, role="moderator"), make_member(room), make_user()):
        for page in pages(room, new.webhook):
            response = log_in(person).get(page, headers={"accept": "application/json"})
            assert (response.status_code, response.json()["code"]) == (403, "forbidden")
        assert "webhooks/" not in log_in(person).get(f"/rooms/{room.pk}/settings/").content.decode()


def test_private_rooms_of_others_do_not_exist(owner):
    room = make_room(owner=owner, kind="private")
    webhook = create_webhook(actor=owner, room=room, name="Builds").webhook
    for page in pages(room, webhook):
        assert log_in(make_user()).get(page).status_code == 404


def test_webhooks_of_other_rooms_are_not_found(owner, new):
    other = make_room(owner=owner)
    for page in pages(other, new.webhook)[1:]:
        response = log_in(owner).get(page, headers={"accept": "application/json"})
        assert response.status_code == 404


def test_the_url_is_shown_once(owner, room):
    client = log_in(owner)
    page = client.post(f"/rooms/{room.pk}/webhooks/", FORM).content.decode()
    webhook = IncomingWebhook.objects.get()
    _before, _path, rest = page.partition("/hooks/")
    assert digest_of(rest[:32]) == webhook.digest
    assert "curl -d" in page
    assert rest[:32] not in client.get(f"/rooms/{room.pk}/webhooks/{webhook.pk}/").content.decode()


def test_programs_receive_the_url_as_json(owner, room):
    answer = log_in(owner).post(f"/rooms/{room.pk}/webhooks/", FORM, headers={"accept": "application/json"}).json()
    assert digest_of(answer["url"].rpartition("/")[2]) == IncomingWebhook.objects.get(pk=answer["id"]).digest


def test_a_regenerated_url_is_shown(owner, room, new):
    page = log_in(owner).post(f"/rooms/{room.pk}/webhooks/{new.webhook.pk}/url/").content.decode()
    secret = page.partition("/hooks/")[2][:32]
    assert IncomingWebhook.objects.get().digest == digest_of(secret) != digest_of(new.secret)


def test_settings(owner, room, new):
    client = log_in(owner)
    data = FORM | {"text_format": "markdown", "mentions_everyone": "on"}
    assert client.post(f"/rooms/{room.pk}/webhooks/{new.webhook.pk}/", data).status_code == 302
    webhook = IncomingWebhook.objects.get()
    assert (webhook.name, webhook.is_markdown, webhook.mentions_everyone) == ("Builds", True, True)


def test_errors_are_shown_at_their_field(owner, room):
    page = log_in(owner).post(f"/rooms/{room.pk}/webhooks/", FORM | {"name": "a\u202eb"}).content.decode()
    assert "invisible" in page
    assert not IncomingWebhook.objects.exists()


def test_disabling_enabling_and_deleting(owner, room, new):
    client, base = log_in(owner), f"/rooms/{room.pk}/webhooks/{new.webhook.pk}/"
    client.delete(f"{base}state/")
    assert not IncomingWebhook.objects.get().is_enabled
    assert "disabled" in client.get(f"/rooms/{room.pk}/webhooks/").content.decode()
    client.post(f"{base}state/")
    assert IncomingWebhook.objects.get().is_enabled
    assert client.post(f"{base}delete/").status_code == 302
    assert not IncomingWebhook.objects.exists()


def test_deliveries_are_listed_with_the_reason(owner, room, new):
    WebhookDelivery.objects.create(webhook=new.webhook, status=400, word="no_text", detail="It has no <text>.", size=7)
    page = log_in(owner).get(f"/rooms/{room.pk}/webhooks/{new.webhook.pk}/").content.decode()
    assert "400 <bdi>no_text</bdi>" in page
    assert "It has no &lt;text&gt;." in page


def test_the_admin_lists_webhooks_and_disables_them(owner, room, new):
    root = log_in(make_user(is_staff=True, is_superuser=True))
    assert "Deploy bot" in root.get("/admin/integrations/incomingwebhook/").content.decode()
    action = {"action": "disable", "_selected_action": new.webhook.pk}
    root.post("/admin/integrations/incomingwebhook/", action)
    assert not IncomingWebhook.objects.get().is_enabled
    assert new.secret not in root.get(f"/admin/integrations/incomingwebhook/{new.webhook.pk}/change/").content.decode()
