"""The pages for API tokens and bots: who may open and do what, secrets that are shown once, and the admin's list."""

import re

import pytest
from django.contrib.auth.models import Permission

from accounts.auth.tokens import users_of_tokens
from accounts.bots.actions import disable_bot
from accounts.models import APIToken, AuditEvent, SiteSettings, User, use_site
from tests.accounts.test_profile import picture
from tests.factories import log_in, make_bot, make_token, make_user

pytestmark = pytest.mark.django_db
TOKEN = {"name": "Script", "scopes": ["read", "write"], "days": "30"}
SECRET = re.compile(r"chatsite_[\w-]{43}")


@pytest.fixture
def ana() -> User:
    return make_user("ana")


@pytest.fixture
def root() -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def bot(ana) -> User:
    return make_bot("helper", owner=ana)


# By who opens it, the status of each page: the token's and the bot's are ana's.
ACCESS = """
             tokens  revocation  bots  bot  deletion  create_token  disable
owner        200     200         200   200  200       200           302
other        200     403         200   404  404       404           404
staff        200     403         200   404  404       404           404
manager      200     403         200   200  200       403           302
root         200     200         200   200  200       403           302
bot          302     302         302   302  302       302           302
visitor      302     302         302   302  302       302           302
"""


@pytest.mark.parametrize("who", [line.split()[0] for line in ACCESS.strip().splitlines()[1:]])
def test_who_opens_and_does_what(ana, root, bot, client, who):
    token = make_token(ana).token
    manager = make_user("manager", is_staff=True)
    manager.user_permissions.add(Permission.objects.get(codename="change_user"))
    people = {"owner": ana, "other": make_user(), "staff": make_user(is_staff=True), "manager": manager}
    people |= {"root": root, "bot": bot}
    if who in people:
        client.force_login(people[who])
    urls = {
        "tokens": ("get", "/tokens/"),
        "revocation": ("get", f"/tokens/{token.pk}/revocation/"),
        "bots": ("get", "/bots/"),
        "bot": ("get", f"/bots/{bot.pk}/"),
        "deletion": ("get", f"/bots/{bot.pk}/deletion/"),
        "create_token": ("post", f"/bots/{bot.pk}/tokens/"),
        "disable": ("post", f"/bots/{bot.pk}/state/"),
    }
    header, *lines = (line.split() for line in ACCESS.strip().splitlines())
    [expected] = [dict(zip(header, line[1:], strict=True)) for line in lines if line[0] == who]
    found = {name: str(getattr(client, verb)(url, TOKEN).status_code) for name, (verb, url) in urls.items()}
    assert found == expected


class TestTokens:
    def test_the_secret_is_shown_once(self, ana):
        client = log_in(ana)
        page = client.post("/tokens/", TOKEN)
        [secret] = set(SECRET.findall(page.content.decode()))
        [found] = users_of_tokens([secret])
        assert (found.user, found.scopes) == (ana, {"read", "write"})
        assert "no-store" in page["Cache-Control"]
        again = client.get("/tokens/").content.decode()
        assert not SECRET.search(again)
        assert "Script" in again and f"…{secret[-4:]}" in again

    def test_errors_are_at_their_fields(self, ana, settings):
        settings.CHAT_TOKENS_PER_PERSON = 1
        client = log_in(ana)
        for change, field in (({"name": " "}, "name"), ({"scopes": ["admin"]}, "scopes"), ({"days": "5"}, "days")):
            form = client.post("/tokens/", TOKEN | change).context["form"]
            assert list(form.errors) == [field]
        client.post("/tokens/", TOKEN)
        page = client.post("/tokens/", TOKEN)
        assert "You can have 1 token." in page.context["form"].errors["name"][0]
        assert ana.api_tokens.count() == 1

    def test_names_of_others_are_escaped(self, ana):
        page = log_in(ana).post("/tokens/", TOKEN | {"name": "<script>"}).content.decode()
        assert "<script>”" not in page and "&lt;script&gt;" in page

    def test_revoking_asks_first(self, ana):
        client, token = log_in(ana), make_token(ana, name="Script").token
        url = f"/tokens/{token.pk}/revocation/"
        assert "Revoke “<bdi>Script</bdi>”" in client.get(url).content.decode()
        token.refresh_from_db()
        assert token.revoked_at is None
        assert client.post(url)["Location"] == "/tokens/"
        token.refresh_from_db()
        assert token.revoked_at is not None
        assert client.post(url).status_code == 404

    def test_only_admins_are_offered_the_scope_admin(self, ana, root):
        assert 'value="admin"' not in log_in(ana).get("/tokens/").content.decode()
        assert 'value="admin"' in log_in(root).get("/tokens/").content.decode()

    def test_the_first_page_says_what_to_do(self, ana):
        assert "No tokens yet" in log_in(ana).get("/tokens/").content.decode()


class TestBots:
    def test_a_bot_is_created_with_its_first_token(self, ana):
        client = log_in(ana)
        answer = client.post("/bots/", {"username": "helper", "display_name": "Helping hand"})
        bot = User.objects.get(username="helper")
        assert (bot.is_bot, bot.owner, bot.name) == (True, ana, "Helping hand")
        page = client.post(f"{answer['Location']}tokens/", TOKEN).content.decode()
        [secret] = set(SECRET.findall(page))
        [found] = users_of_tokens([secret])
        assert found.user == bot

    def test_only_admins_create_bots_of_the_site(self, ana, root):
        for user, name in ((ana, "anas"), (root, "sites")):
            log_in(user).post("/bots/", {"username": name, "display_name": "", "is_for_site": "on"})
        assert User.objects.get(username="anas").owner == ana
        assert User.objects.get(username="sites").owner is None
        assert "Bots of the site" in log_in(root).get("/bots/").content.decode()

    def test_where_only_admins_create_bots(self, ana, root):
        use_site(SiteSettings(bot_creation="admins"))
        client = log_in(ana)
        assert "Only admins can create bots" in client.get("/bots/").content.decode()
        assert client.post("/bots/", {"username": "helper"}).status_code == 403
        assert log_in(root).post("/bots/", {"username": "helper", "display_name": ""}).status_code == 302

    def test_a_profile_is_changed(self, ana, bot):
        form = {"username": "renamed", "display_name": "New", "photo": picture()}
        assert log_in(ana).post(f"/bots/{bot.pk}/", form).status_code == 302
        bot.refresh_from_db()
        assert (bot.username, bot.name, bool(bot.avatar)) == ("renamed", "New", True)

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"username": "ana"}, "username"), ({"display_name": "x" * 61}, "display_name")],
        ids=["taken", "long"],
    )
    def test_an_invalid_profile_changes_nothing(self, ana, bot, change, field):
        page = log_in(ana).post(f"/bots/{bot.pk}/", {"username": "helper", "display_name": ""} | change)
        assert list(page.context["form"].errors) == [field]
        assert User.objects.get(pk=bot.pk).name == "helper"

    def test_it_is_disabled_enabled_and_deleted(self, ana, bot):
        client, token = log_in(ana), make_token(bot).token
        client.post(f"/bots/{bot.pk}/state/")
        token.refresh_from_db()
        assert (User.objects.get(pk=bot.pk).is_active, token.revoked_at is None) == (False, False)
        page = client.get(f"/bots/{bot.pk}/").content.decode()
        assert "This bot is disabled." in page and "Create token" not in page
        client.post(f"/bots/{bot.pk}/state/", {"is_active": "1"})
        assert User.objects.get(pk=bot.pk).is_active
        assert client.post(f"/bots/{bot.pk}/deletion/")["Location"] == "/bots/"
        assert User.objects.get(pk=bot.pk).deleted_at is not None
        assert client.get(f"/bots/{bot.pk}/").status_code == 404

    def test_the_limit_is_explained_when_it_is_enabled(self, ana, bot, settings):
        disable_bot(actor=ana, bot=bot)
        settings.CHAT_BOTS_PER_PERSON = 1
        make_bot(owner=ana)
        page = log_in(ana).post(f"/bots/{bot.pk}/state/", {"is_active": "1"}, follow=True).content.decode()
        assert "You can have 1 bot. Delete one first." in page

    def test_people_recognize_it(self, ana, bot):
        client = log_in(ana)
        for path in ("/people/", "/people/helper/"):
            assert '<span class="bot-badge">Bot</span>' in client.get(path).content.decode()
        assert "bot-badge" not in client.get("/people/ana/").content.decode()


class TestAdmin:
    def test_tokens_are_listed_without_their_hashes_and_revoked(self, ana, root):
        client, (token, _secret) = log_in(root), make_token(ana, name="Script")
        page = client.get("/admin/accounts/apitoken/").content.decode()
        assert f"Script (…{token.hint})" in page and token.digest not in page
        form = {"action": "revoke", "_selected_action": [token.pk]}
        assert "Revoke this token?" in client.post("/admin/accounts/apitoken/", form).content.decode()
        client.post("/admin/accounts/apitoken/", form | {"confirmed": "yes"})
        token.refresh_from_db()
        assert token.revoked_at is not None
        event = AuditEvent.objects.get(kind=AuditEvent.Kind.TOKEN_REVOKED)
        assert (event.actor, event.target_name, event.detail["name"]) == (root, "ana", "Script")
        assert "Revoked" in client.get("/admin/accounts/apitoken/?state=ended").content.decode()
        assert "Script" not in client.get("/admin/accounts/apitoken/?state=usable").content.decode()

    def test_hashes_cannot_be_guessed_by_filters(self, ana, root):
        token = make_token(ana).token
        answer = log_in(root).get(f"/admin/accounts/apitoken/?digest__startswith={token.digest[:4]}")
        assert answer.status_code in (302, 400)

    def test_only_admins_with_the_permission_see_and_revoke(self, ana):
        helper = make_user(is_staff=True)
        assert log_in(helper).get("/admin/accounts/apitoken/").status_code == 403
        helper.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
        client, token = log_in(helper), make_token(ana).token
        assert client.get("/admin/accounts/apitoken/").status_code == 200
        client.post(
            "/admin/accounts/apitoken/", {"action": "revoke", "_selected_action": [token.pk], "confirmed": "yes"}
        )
        assert APIToken.objects.get(pk=token.pk).revoked_at is None

    def test_bots_are_a_filter_of_people(self, bot, root):
        page = log_in(root).get("/admin/accounts/user/?role=bot")
        assert [user.username for user in page.context["cl"].result_list] == ["helper"]
        page = log_in(root).get("/admin/accounts/user/?role=member")
        assert "helper" not in [user.username for user in page.context["cl"].result_list]
