"""An index of a user's settings, searched by label, help text, page title and keywords."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.forms.member import ProfileForm
from accounts.forms.status import StatusForm
from accounts.models import User
from accounts.site import PERMISSION
from accounts.unicode.folding import fold


@dataclass(frozen=True)
class Setting:
    """A setting, the title of its page, and its URL, with a fragment. `keywords` are synonyms."""

    name: str
    page: str
    url: str
    help: str = ""
    keywords: str = ""

    @property
    def words(self) -> str:
        """The searchable words, folded like those of a query."""
        return " ".join(fold(text) for text in (self.name, self.help, self.keywords, self.page) if text)

    def as_data(self) -> dict[str, str]:
        return {"name": self.name, "page": self.page, "url": self.url, "help": self.help, "words": self.words}


def search_settings(user: User, query: str) -> list[Setting]:
    """Return the settings that contain all words of the query. Those with the first word in their name come first."""
    words = fold(query).split()
    found = [setting for setting in settings_of(user) if all(word in setting.words for word in words)]
    return sorted(found, key=lambda setting: bool(words) and words[0] not in fold(setting.name))


def settings_of(user: User) -> list[Setting]:
    """Return all of the user's settings, in the order of their pages."""
    return [*_profile(), *_account(), *_notifications(), *_privacy(), *_other(user)]


def _profile() -> Iterator[Setting]:
    page, url = _("Profile"), reverse("accounts:profile")
    keywords = {
        "display_name": pgettext("keywords", "rename my name"),
        "photo": pgettext("keywords", "avatar picture image"),
        "theme": pgettext("keywords", "dark mode light appearance colors"),
        "language": pgettext("keywords", "translation locale"),
        "shows_room_events": pgettext("keywords", "left added system messages events activity"),
        "status": pgettext("keywords", "status away busy do not disturb invisible offline"),
        "text": pgettext("keywords", "holiday meeting lunch"),
        "hides_last_seen": pgettext("keywords", "privacy last active"),
    }
    fields: dict[str, Any] = {**ProfileForm.base_fields, **StatusForm.base_fields}
    for name, field in fields.items():
        if name != "remove_photo" and not isinstance(field.widget, forms.HiddenInput):
            yield Setting(str(field.label), page, f"{url}#div_id_{name}", str(field.help_text), keywords.get(name, ""))
    yield Setting(_("Download my data"), page, f"{url}#data", keywords=pgettext("keywords", "export archive zip"))
    deletion = reverse("accounts:deletion")
    yield Setting(_("Delete account"), page, deletion, keywords=pgettext("keywords", "remove leave close"))


def _account() -> Iterator[Setting]:
    emails, password, sessions = _("Email"), _("Password"), _("Sessions")
    yield Setting(_("Email addresses"), emails, reverse("account_email"), keywords=pgettext("keywords", "mail verify"))
    keywords = pgettext("keywords", "security login")
    yield Setting(_("Change password"), password, reverse("account_change_password"), keywords=keywords)
    keywords = pgettext("keywords", "devices browsers log out everywhere security")
    yield Setting(_("Where you’re logged in"), sessions, reverse("usersessions_list"), keywords=keywords)


def _notifications() -> Iterator[Setting]:
    page, url = _("Notifications"), reverse("messaging:notifications")
    names = {
        "level": (_("Notify me in rooms about"), pgettext("keywords", "mentions replies every message nothing alerts")),
        "hears_everyone": (_("Notify me about @room and @here"), pgettext("keywords", "everyone channel")),
        "hears_threads": (_("Notify me about replies in threads that I follow"), ""),
        "keywords": (_("Keywords"), pgettext("keywords", "highlight words alert watch")),
        "sound": (_("Sound"), pgettext("keywords", "silent audio noise ping")),
        "desktop": (_("Show desktop notifications"), pgettext("keywords", "browser popup banner")),
        "push": (_("Send notifications to my devices when I’m away"), pgettext("keywords", "push phone mobile")),
        "shows_content": (_("Show what messages say in notifications and emails"), pgettext("keywords", "privacy")),
        "email_delay": (_("Email me unread messages"), pgettext("keywords", "mail missed")),
        "gets_digest": (_("Send me a weekly summary of what I missed"), pgettext("keywords", "digest newsletter")),
    }
    for name, (label, keywords) in names.items():
        yield Setting(label, page, f"{url}#div_id_{name}", keywords=keywords)
    keywords = pgettext("keywords", "do not disturb night weekend snooze schedule")
    yield Setting(_("Quiet hours"), page, f"{url}#quiet-hours", keywords=keywords)


def _privacy() -> Iterator[Setting]:
    page, url = _("Privacy"), reverse("rooms:privacy")
    direct = _("Allow others to message me directly and add me to rooms")
    yield Setting(direct, page, f"{url}#direct", keywords=pgettext("keywords", "direct messages strangers"))
    yield Setting(_("Blocked people"), page, f"{url}#block", keywords=pgettext("keywords", "block unblock ignore"))
    keywords = pgettext("keywords", "notifications mute unmute quiet")
    yield Setting(_("Muted people"), page, f"{url}#mute", keywords=keywords)
    yield Setting(_("Muted rooms"), page, f"{url}#muted-rooms", keywords=keywords)


def _other(user: User) -> Iterator[Setting]:
    devices, keywords = _("Devices with push notifications"), pgettext("keywords", "push mobile phone browser test")
    yield Setting(devices, _("Notifications"), reverse("messaging:devices"), keywords=keywords)
    files, reports, invites = _("Files"), _("Reports & warnings"), _("Invites")
    keywords = pgettext("keywords", "storage uploads quota space")
    yield Setting(_("Your files"), files, reverse("messaging:storage_usage"), keywords=keywords)
    yield Setting(reports, reports, reverse("messaging:reports"), keywords=pgettext("keywords", "moderation"))
    keywords = pgettext("keywords", "access key secret integration developer program bearer")
    yield Setting(_("API tokens"), _("API tokens"), reverse("accounts:tokens"), keywords=keywords)
    keywords = pgettext("keywords", "integration program automation app")
    yield Setting(_("Bots"), _("Bots"), reverse("accounts:bots"), keywords=keywords)
    if user.can_invite:
        keywords = pgettext("keywords", "invite link qr code")
        yield Setting(_("Invite people"), invites, reverse("accounts:invitations"), keywords=keywords)
    if user.has_perm(PERMISSION):
        site = _("Site settings")
        keywords = pgettext("keywords", "site name logo registration sign up default notifications test email")
        yield Setting(site, site, reverse("accounts:site_settings"), keywords=keywords)
