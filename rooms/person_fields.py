"""Form fields for people. They accept usernames and display names, and become a <people-picker> in browsers."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import usernames
from accounts.models import NamePart, User
from accounts.unicode.folding import fold
from rooms.people_search import QUERY_LENGTH, search_people

MAX_PEOPLE = 50
NAME_LENGTH = 150
PEOPLE, NAME = gettext_lazy("People"), gettext_lazy("Username or name")
CHOICES = 3  # people named in an error

_SEPARATOR = re.compile(r"[,;\n]+")


class PeopleInput(forms.TextInput):
    """A text field for names in a <people-picker>.

    `most`: the number of people that can be chosen. `room_id`: the room whose members are marked or, with `of_members`,
    the only ones that are searched. `full_text` returns what the picker says once no one else can be chosen.
    """

    def __init__(self, *, most: int, of_members: bool = False, full_text: Callable[[], str] | None = None) -> None:
        super().__init__(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"})
        self.most = most
        self.full_text = full_text
        self.room_id: int | None = None
        self.of_members = of_members

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        room = format_html(' room="{}"{}', self.room_id, " members" if self.of_members else "") if self.room_id else ""
        full = format_html(' full="{}"', self.full_text()) if self.full_text else ""
        field, url = super().render(*args, **kwargs), reverse("rooms:people_search")
        return format_html(
            '<people-picker src="{}" most="{}"{}{}>{}</people-picker>', url, self.most, room, full, field
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Return all values, since the picker sends the chosen people in addition to what is left in the text field."""
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        return ", ".join(value for value in values if value.strip())


class PeopleField(forms.CharField):
    """Up to `most` active people. Errors name those among whom `viewer` has to choose.

    too_many: returns the error if there are more.
    """

    viewer: User

    def __init__(
        self,
        *,
        most: int = MAX_PEOPLE,
        label: Any = PEOPLE,
        of_members: bool = False,
        too_many: Callable[[], str] | None = None,
        **kwargs: Any,
    ) -> None:
        widget = PeopleInput(most=most, of_members=of_members, full_text=too_many)
        super().__init__(label=label, max_length=most * NAME_LENGTH, widget=widget, **kwargs)
        self.most = most
        self.too_many = too_many or self._too_many

    def clean(self, value: Any) -> Any:
        names = list(dict.fromkeys(filter(None, map(str.strip, _SEPARATOR.split(super().clean(value))))))
        if self.required and not names:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(names) > self.most:
            raise forms.ValidationError(self.too_many(), code="too_many")
        people = {person.pk: person for person in (_find(name, self.viewer) for name in names)}
        return [people[pk] for pk in people]

    def _too_many(self) -> str:
        text = ngettext("Choose only %(most)d person.", "Choose at most %(most)d people.", self.most)
        return text % {"most": self.most}


class PersonField(PeopleField):
    """One active person."""

    def __init__(self, *, label: Any = NAME, **kwargs: Any) -> None:
        super().__init__(most=1, label=label, **kwargs)

    def clean(self, value: Any) -> Any:
        people = super().clean(value)
        return people[0] if people else None


def _find(name: str, viewer: User) -> User:
    """Return the person with this username or display name. Raises ValidationError if there is none, or several."""
    active = User.objects.filter(is_active=True)
    if person := active.filter(username_key=usernames.key(name.removeprefix("@"))).first():
        return person
    folded = fold(name)
    named = active.filter(name_parts__in=NamePart.objects.named(folded)).exclude(pk__in=viewer.blocked_ids)
    found = list(named.distinct().order_by("username_key")[: CHOICES + 1]) if folded else []
    if len(found) == 1:
        return found[0]
    if found:
        text = _("Several people are called “%(name)s”: %(people)s. Enter a username.")
        raise forms.ValidationError(text % {"name": name, "people": _list(found)}, code="ambiguous")
    similar = search_people(viewer, name[:QUERY_LENGTH]) if folded else []
    if similar:
        text = _("No one is called “%(name)s”. Did you mean %(people)s?")
        raise forms.ValidationError(text % {"name": name, "people": _list(similar)}, code="similar")
    raise forms.ValidationError(_("No one found with that name. Check the spelling."), code="unknown")


def _list(people: list[User]) -> str:
    named = [f"{person.name} (@{person.username})" for person in people[:CHOICES]]
    return ", ".join(named) + (" …" if len(people) > CHOICES else "")
