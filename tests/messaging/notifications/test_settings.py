"""The page with the notification settings."""

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from live.rate_limit import TokenBuckets
from messaging.models import Keyword, NotificationPreferences
from messaging.notifications.preferences import MAX_KEYWORDS, keyword_keys, save_preferences
from messaging.search.tokens import tokenize
from messaging.web import change_limit
from rooms.errors import Invalid
from tests.factories import log_in

pytestmark = pytest.mark.django_db

URL = "/notifications/"
ALL = {
    "level": "all",
    "hears_threads": "on",
    "keywords": "outage\nRed  panda\n",
    "sound": "bell",
    "push": "on",
    "shows_content": "on",
    "email_delay": "60",
    "gets_digest": "on",
}


@pytest.fixture
def client(ana):
    return log_in(ana)


def times(day: int, begin: str, end: str) -> dict[str, str]:
    return {f"quiet_{day}_on": "on", f"quiet_{day}_from": begin, f"quiet_{day}_to": end}


def errors(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["form"].errors)


class TestSaving:
    def test_nothing_is_stored_before_someone_changes_something(self, ana, client):
        assert client.get(URL).status_code == 200
        assert not NotificationPreferences.objects.exists()

    def test_all_fields_are_saved_and_shown_again(self, ana, client):
        assert client.post(URL, ALL).url == URL
        stored = NotificationPreferences.objects.get(user=ana)
        assert (stored.level, stored.sound, stored.email_delay, stored.gets_digest) == ("all", "bell", 60, True)
        assert (stored.hears_everyone, stored.hears_threads, stored.desktop) == (False, True, False)
        form = client.get(URL).context["form"]
        assert form["keywords"].value() == "outage\nRed panda"
        assert form["level"].value() == "all"

    def test_default_level_is_not_stored_so_that_it_follows_the_site(self, ana, client):
        client.post(URL, ALL | {"level": ""})
        assert NotificationPreferences.objects.get(user=ana).level == ""

    def test_unknown_choices_are_refused(self, client):
        found = errors(client.post(URL, ALL | {"level": "some", "sound": "gong", "email_delay": "3"}))
        assert set(found) == {"level", "sound", "email_delay"}
        assert not NotificationPreferences.objects.exists()

    def test_changes_are_limited_in_rate(self, client, monkeypatch):
        monkeypatch.setattr(change_limit, "_limits", TokenBuckets(0.1, 2))
        statuses = [client.post(URL, ALL, headers={"X-Requested-With": "fetch"}).status_code for _number in range(3)]
        assert statuses == [302, 302, 429]

    def test_strangers_log_in_first(self, db, client):
        client.logout()
        assert client.get(URL).status_code == 302


class TestKeywords:
    def test_keys_are_the_tokens_of_the_search(self):
        assert keyword_keys(["Café  au lait"]) == {"cafe au lait": "Café au lait"}

    @pytest.mark.parametrize("text", ["東京都", "東京 tower", "tower 東京", "한국어"])
    def test_key_is_part_of_every_text_that_contains_the_keyword(self, text):
        (key,) = keyword_keys([text])
        tokens, _characters = tokenize(f"これは {text}です", 100)
        assert f" {key} " in f" {' '.join(tokens)} "

    def test_same_keyword_in_another_spelling_is_one(self):
        assert list(keyword_keys(["Outage", "outage", "OUTAGE "]).values()) == ["Outage"]

    def test_saving_again_keeps_the_rows(self, ana):
        save_preferences(user=ana, keywords=["one", "two"])
        before = set(Keyword.objects.values_list("pk", "text"))
        save_preferences(user=ana, keywords=["Two", "one", "three"])
        after = set(Keyword.objects.values_list("pk", "text"))
        assert {text for _pk, text in after} == {"one", "Two", "three"}
        assert {each for each in before if each[1] == "one"} <= after

    def test_without_keywords_they_stay(self, ana):
        save_preferences(user=ana, keywords=["one"])
        save_preferences(user=ana, sound="none")
        assert Keyword.objects.count() == 1

    @pytest.mark.parametrize(
        ("keywords", "text"),
        [
            ("\n".join(f"word{number}" for number in range(MAX_KEYWORDS + 1)), "up to 20 keywords"),
            ("fine\n" + "x" * 51, "up to 50 characters"),
            ("fine\n!!!", "“!!!” has no letters or digits"),
            ("\ufb03" * 50 + "\n", ""),
        ],
    )
    def test_errors_say_which_keyword_is_wrong(self, client, keywords, text):
        response = client.post(URL, ALL | {"keywords": keywords})
        if text:
            assert text in errors(response)["keywords"][0]
            assert not Keyword.objects.exists()

    def test_key_that_is_too_long_is_refused(self):
        with pytest.raises(Invalid) as refused:
            keyword_keys(["\u3349" * 50])  # each becomes three characters, and pairs of them
        assert refused.value.field == "keywords"


class TestQuietHours:
    def test_are_stored_in_minutes_for_each_day(self, ana, client):
        client.post(URL, ALL | times(0, "22:00", "07:30") | times(5, "00:00", "00:00"))
        quiet = NotificationPreferences.objects.get(user=ana).quiet_hours
        assert quiet == [[1320, 450], None, None, None, None, [0, 0], None]
        form = client.get(URL).context["form"]
        assert [str(each.value()) for each in form.days[0]] == ["True", "22:00:00", "07:30:00"]
        assert form.days[1][0].value() is False

    def test_none_is_an_empty_list(self, ana, client):
        client.post(URL, ALL | {"quiet_3_from": "10:00", "quiet_3_to": "11:00"})
        assert NotificationPreferences.objects.get(user=ana).quiet_hours == []

    def test_day_without_a_time_is_refused(self, client):
        found = errors(client.post(URL, ALL | times(2, "", "25:00")))
        assert set(found) == {"quiet_2_from", "quiet_2_to"}
        assert found["quiet_2_from"] == ["Enter a time, such as 22:00."]

    def test_monday_is_copied_to_all_days_without_saving(self, client):
        response = client.post(URL, ALL | times(0, "20:00", "06:00") | {"copy": "1"})
        assert [day[1].value() for day in response.context["form"].days] == ["20:00"] * 7
        assert not NotificationPreferences.objects.exists()


class TestEmails:
    """The page says why no emails come."""

    @pytest.fixture(autouse=True)
    def _mail(self, settings):
        settings.SITE_URL = "https://chat.example.org"
        settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    def text(self, client) -> str:
        return client.get(URL).content.decode()

    def test_they_reach_a_verified_address(self, reachable):
        text = self.text(log_in(reachable("ben")))
        assert "You won’t get any emails" not in text
        assert "This site doesn’t send emails" not in text

    @pytest.mark.parametrize("verification", ["none", "optional", "mandatory"])
    def test_an_address_must_be_verified(self, reachable, settings, verification):
        settings.ACCOUNT_EMAIL_VERIFICATION = verification
        ben = reachable("ben")
        EmailAddress.objects.update(verified=False)
        assert "verified your email address</a>" in self.text(log_in(ben))

    def test_an_address_is_needed(self, client):
        assert "added an email address</a>" in self.text(client)

    @pytest.mark.parametrize("missing", ["address", "mail server"])
    def test_the_site_must_send_emails(self, reachable, settings, missing):
        if missing == "address":
            settings.SITE_URL = ""
        else:
            settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.console.EmailBackend"
        ben = reachable("ben")
        text = self.text(log_in(ben))
        assert "This site doesn’t send emails" in text and "EMAIL_URL" not in text
        User.objects.update(is_superuser=True)
        assert "EMAIL_URL" in self.text(log_in(ben))
