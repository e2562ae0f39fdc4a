"""The forms of rooms. They give the messages; the actions and the database give the guarantees."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.forms.utils import ErrorDict
from django.urls import reverse
from django.utils.functional import Promise

from accounts import usernames
from accounts.models import User
from rooms.actions import NAME_LENGTH, TOPIC_LENGTH
from rooms.errors import Refusal
from rooms.models import SLOWEST, Room


class RefusableForm(forms.Form):
    """A form that can show an action's refusal beside the field it speaks of."""

    submit: str | Promise = "Save"
    _errors: ErrorDict

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.layout = Layout(*self.fields, Submit("", self.submit))
        return helper

    def refuse(self, refusal: Refusal, *, field: str | None = None) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else field, str(refusal.message))


class CreateRoomForm(RefusableForm):
    submit = "Create room"

    name = forms.CharField(max_length=NAME_LENGTH, widget=forms.TextInput(attrs={"autofocus": True, "dir": "auto"}))
    topic = forms.CharField(
        max_length=TOPIC_LENGTH, required=False, label="Topic", widget=forms.TextInput(attrs={"dir": "auto"})
    )
    kind = forms.ChoiceField(
        label="Visibility",
        initial=Room.Kind.PUBLIC,
        widget=forms.RadioSelect,
        choices=[
            (Room.Kind.PUBLIC, "Public: anyone can find and join"),
            (Room.Kind.PRIVATE, "Private: invite only, hidden from everyone else"),
        ],
    )


class RoomSettingsForm(RefusableForm):
    name = forms.CharField(max_length=NAME_LENGTH, widget=forms.TextInput(attrs={"dir": "auto"}))
    topic = forms.CharField(
        max_length=TOPIC_LENGTH, required=False, label="Topic", widget=forms.TextInput(attrs={"dir": "auto"})
    )
    is_default = forms.BooleanField(
        required=False,
        label="Add new members to this room automatically",
        help_text="Applies to people who sign up from now on.",
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": room.name, "topic": room.topic, "is_default": room.is_default}
        if room.kind != Room.Kind.PUBLIC:
            del self.fields["is_default"]


SLOWNESS = [
    (0, "Off"),
    (5, "Every 5 seconds"),
    (10, "Every 10 seconds"),
    (30, "Every 30 seconds"),
    (60, "Every minute"),
    (300, "Every 5 minutes"),
    (900, "Every 15 minutes"),
    (3600, "Every hour"),
    (6 * 3600, "Every 6 hours"),
    (SLOWEST, "Every day"),
]


class PostingForm(RefusableForm):
    """How often members may write, if at all."""

    submit = "Save"

    slow_seconds = forms.TypedChoiceField(
        label="Slow mode",
        coerce=int,
        help_text="Limits how often members can post. Messages sent too soon are queued and sent automatically.",
    )
    is_read_only = forms.BooleanField(
        required=False,
        label="Only owners and moderators can post",
        help_text="Everyone else can read. They can still edit and delete their earlier messages.",
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = room
        self.initial = {"slow_seconds": room.slow_seconds, "is_read_only": room.is_read_only}
        known = dict(SLOWNESS)
        own = [] if room.slow_seconds in known else [(room.slow_seconds, f"Every {room.slow_seconds} seconds")]
        self.fields["slow_seconds"].choices = [*SLOWNESS, *own]  # type: ignore[attr-defined]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_action = reverse("rooms:posting", args=[self.room.pk])
        helper.layout = Layout(*self.fields, Submit("", self.submit, css_id="set-the-limits"))
        return helper


class DeleteRoomForm(forms.Form):
    """Deleting asks for the name, so that it is the room one means."""

    name = forms.CharField(
        label="Room name", widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "dir": "auto"})
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = room
        self.helper = FormHelper()
        self.helper.layout = Layout("name", Submit("", "Delete room", css_class="btn-danger"))

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if " ".join(name.split()) != self.room.name:
            raise forms.ValidationError("That doesn’t match the room’s name.")
        return name


class PersonForm(RefusableForm):
    """Names one person; the page suggests some."""

    user = forms.CharField(
        label="Username or name",
        max_length=150,
        widget=forms.TextInput(attrs={"list": "suggested-people", "autocomplete": "off", "dir": "auto"}),
    )

    def clean_user(self) -> User:
        name: str = self.cleaned_data["user"]
        person = User.objects.filter(username_key=usernames.key(name.lstrip("@")), is_active=True).first()
        if person is None:
            raise forms.ValidationError("No one found with that name. Pick someone from the suggestions.")
        return person


class InviteForm(PersonForm):
    submit = "Add"


class BlockForm(PersonForm):
    submit = "Block"
