"""Forms for rooms. They provide error messages; the actions and the database enforce the rules."""

from collections.abc import Callable
from typing import Any, TypeVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.conf import settings
from django.forms.utils import ErrorDict
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.conversations import MAX_GROUP, too_many_people
from rooms.errors import Forbidden, Invalid, Refusal
from rooms.models import MAX_SLOW_SECONDS, Membership, Room, slow_mode_label
from rooms.moderation import LIMITS
from rooms.person_fields import PeopleField, PersonField
from rooms.validation import NAME_LENGTH, TOPIC_LENGTH

Result = TypeVar("Result")

SLOW_MODE_INTERVALS = (0, 5, 10, 30, 60, 5 * 60, 15 * 60, 60 * 60, 6 * 60 * 60, MAX_SLOW_SECONDS)


_TOPIC_LIMIT = format_lazy(_("Up to {count} characters."), count=TOPIC_LENGTH)
VISIBILITIES = [
    (Room.Kind.PUBLIC, _("Public: anyone can find and join")),
    (Room.Kind.PRIVATE, _("Private: invite only, hidden from everyone else")),
]


class RefusableForm(forms.Form):
    """A form that displays an action's refusal next to the field it names, and can turn its own errors into one."""

    submit: str | Promise = _("Save")
    submit_css = ""
    _errors: ErrorDict

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.layout = Layout(*self.fields, Submit("", self.submit, css_class=self.submit_css))
        return helper

    def values(self) -> dict[str, Any]:
        """Return the arguments for the form's action."""
        return self.cleaned_data

    def carry_out(self, action: Callable[..., Result]) -> Result | None:
        """Return what an action returns for the form's values. Return None if they are invalid or it refuses them.

        Raises Forbidden unless that is about a field.
        """
        if not self.is_valid():
            return None
        try:
            return action(**self.values())
        except Refusal as refusal:
            if isinstance(refusal, Forbidden) and refusal.field not in self.fields:
                raise
            self.refuse(refusal)
            return None

    def refusal(self) -> Invalid:
        """Return the first error of an invalid form as a refusal."""
        field, errors = next(iter(self.errors.items()))
        return Invalid(str(errors[0]), field=field)

    def refuse(self, refusal: Refusal, *, field: str | None = None) -> None:
        """Add the refusal to the field that it names or, if there is none, to `field`."""
        self.add_error(refusal.field if refusal.field in self.fields else field, str(refusal.message))


def _name_field(label: Any, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"dir": "auto", **attrs})
    errors = {"max_length": _("Use at most %(limit_value)d characters; this has %(show_value)d.")}
    return forms.CharField(label=label, max_length=NAME_LENGTH, widget=widget, error_messages=errors)


def _consequence(room: Room) -> str:
    """Return a sentence on who gains or loses access if the room's visibility is changed."""
    if room.kind == Room.Kind.PUBLIC:
        text = gettext("If you make this room private, people who aren’t members can no longer find or read it.")
        default = gettext("New members will no longer join it automatically.")
        return f"{text} {default}" if room.is_default else text
    count = room.last_seq
    text = ngettext(
        "If you make this room public, everyone on this site can read its message.",
        "If you make this room public, everyone on this site can read all %(count)s messages.",
        count,
    )
    if not count:
        return gettext("If you make this room public, everyone on this site can find and join it.")
    return text % {"count": number_format(count, force_grouping=True)}


def _topic_field(label: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"dir": "auto"})
    return forms.CharField(label=label, max_length=TOPIC_LENGTH, required=False, widget=widget, help_text=_TOPIC_LIMIT)


class PeopleForm(RefusableForm):
    """A form in which `viewer` chooses people. Those who are in `room` are marked."""

    def __init__(self, *args: Any, viewer: User, room: Room | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer, self.room = viewer, room
        for field in self.fields.values():
            if isinstance(field, PeopleField):
                field.viewer = viewer
                field.widget.room_id = room.pk if room is not None else None


class CreateRoomForm(PeopleForm):
    submit = _("Create room")

    name = _name_field(_("Name"), autofocus=True)
    topic = _topic_field(_("Topic (optional)"))
    kind = forms.ChoiceField(
        label=_("Visibility"),
        initial=Room.Kind.PUBLIC,
        widget=forms.RadioSelect,
        choices=VISIBILITIES,
    )
    people = PeopleField(label=_("Add people (optional)"), required=False)


class RoomSettingsForm(RefusableForm):
    name = _name_field(_("Name"))
    topic = _topic_field(_("Topic"))
    kind = forms.TypedChoiceField(
        label=_("Visibility"), required=False, empty_value=None, widget=forms.RadioSelect, choices=VISIBILITIES
    )
    is_default = forms.BooleanField(
        required=False,
        label=_("Add new members to this room automatically"),
        help_text=_("Applies to people who sign up from now on."),
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": room.name, "topic": room.topic, "kind": room.kind, "is_default": room.is_default}
        self.fields["kind"].help_text = _consequence(room)
        if room.kind != Room.Kind.PUBLIC:
            del self.fields["is_default"]


class PostingForm(RefusableForm):
    slow_seconds = forms.TypedChoiceField(
        label=_("Slow mode"),
        coerce=int,
        help_text=_("Limits how often members can post. Messages sent too soon are queued and sent automatically."),
    )
    is_read_only = forms.BooleanField(
        required=False,
        label=_("Only owners and moderators can post"),
        help_text=_("Everyone else can read. They can still edit and delete their earlier messages."),
    )
    allows_agents = forms.BooleanField(
        required=False,
        label=_("AI agents can post"),
        help_text=_("Agents that members connect to their accounts can read what they can. Here, they can also post."),
    )
    shows_link_previews = forms.BooleanField(
        required=False,
        label=_("Show link previews"),
        help_text=_(
            "New messages show what the pages of their links are about. This site’s server requests the pages."
        ),
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = room
        self.initial = {name: getattr(room, name) for name in LIMITS}
        if not settings.LINK_PREVIEWS:
            del self.fields["shows_link_previews"]
        intervals = sorted({*SLOW_MODE_INTERVALS, room.slow_seconds})
        choices = [(seconds, slow_mode_label(seconds)) for seconds in intervals]
        self.fields["slow_seconds"].choices = choices  # type: ignore[attr-defined]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_action = reverse("rooms:posting", args=[self.room.pk])
        helper.layout = Layout(*self.fields, Submit("", self.submit, css_id="set-the-limits"))
        return helper


class DeleteRoomForm(RefusableForm):
    """Requires the room's name as a confirmation."""

    submit = _("Delete room")
    submit_css = "btn-danger"

    name = _name_field(_("Room name"), autofocus=True, autocomplete="off")

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = room

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if " ".join(name.split()) != self.room.name:
            raise forms.ValidationError(_("That doesn’t match the room’s name."))
        return name


class AddPeopleForm(PeopleForm):
    submit = _("Add")

    user = PeopleField()


class BlockForm(PeopleForm):
    submit = _("Block")

    user = PersonField()


class MuteForm(PeopleForm):
    submit = _("Mute")

    muted = PersonField()


class BanPersonForm(PeopleForm):
    submit = _("Ban…")

    user = PersonField()


class TransferForm(PeopleForm):
    """Chooses a member as the new owner. Once it is valid, the page asks to confirm what it says."""

    submit = _("Continue")

    user = PersonField(label=_("New owner"), of_members=True)
    role = forms.ChoiceField(
        label=_("Your role afterwards"),
        widget=forms.RadioSelect,
        initial=Membership.Role.MODERATOR,
        choices=[
            (Membership.Role.MODERATOR, _("Moderator: you can still delete messages, ban people and limit posting")),
            (Membership.Role.MEMBER, _("Member: you can read and post like everyone else")),
        ],
    )

    def clean_user(self) -> User:
        person: User = self.cleaned_data["user"]
        if person == self.viewer:
            raise forms.ValidationError(gettext("You already own this room. Choose someone else."))
        if not Membership.objects.filter(room=self.room, user=person).exists():
            raise forms.ValidationError(gettext("%(name)s isn’t in this room.") % {"name": person.name})
        return person


_NEW_MESSAGE = format_lazy(
    _("One person for a direct conversation, or up to {count} for a group conversation."), count=MAX_GROUP - 1
)


class NewMessageForm(PeopleForm):
    submit = _("Message")

    user = PeopleField(most=MAX_GROUP - 1, too_many=too_many_people, label=_("To"), help_text=_NEW_MESSAGE)


class PrivateRoomForm(RefusableForm):
    """Names the private room that a group conversation becomes."""

    submit = _("Make it a private room")

    name = _name_field(_("Room name"), autofocus=True)
