"""Endpoints for one's own profile, photo, status and preferences."""

from typing import Any, Literal

import msgspec
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _
from msgspec import UNSET, UnsetType

from accounts.actions import update_profile
from accounts.models import Scope, User
from accounts.profile.status import set_status
from api import schemas
from api.lookups import translate_errors
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.runtime.values import Time
from rooms.blocking import allow_direct_messages
from rooms.errors import Invalid
from rooms.serializers import serialize_own_profile, serialize_profile

JSON = dict[str, Any]
PREFERENCES = ("theme", "language", "shows_room_events", "hides_last_seen", "allows_direct_messages")

group = Group("Your account")


class Nothing(msgspec.Struct):
    pass


class OnePage(msgspec.Struct):
    after: Cursor = ""


class UpdateProfile(msgspec.Struct):
    name: str | UnsetType = UNSET
    status: Literal["auto", "dnd", "invisible"] | UnsetType = UNSET
    status_text: str | UnsetType = UNSET
    status_until: Time | UnsetType | None = UNSET


class ChangeSettings(msgspec.Struct):
    theme: Literal["", "light", "dark"] | UnsetType = UNSET
    language: str | UnsetType = UNSET
    shows_room_events: bool | UnsetType = UNSET
    hides_last_seen: bool | UnsetType = UNSET
    allows_direct_messages: bool | UnsetType = UNSET


@group.endpoint("GET /me", scope=Scope.READ, returns=schemas.OwnProfile)
def show_own_profile(user: User, parameters: Nothing) -> JSON:
    """Show your own profile."""
    return serialize_own_profile(user)


@group.endpoint("PATCH /me", scope=Scope.WRITE, returns=schemas.OwnProfile)
def change_own_profile(user: User, parameters: UpdateProfile) -> JSON:
    """Change your display name or your status.

    Only what you give is changed. `status_until`: when the status message clears, or null if it stays.
    """
    with translate_errors(text="status_text", display_name="name"):
        if parameters.name is not UNSET:
            user = _save(user, display_name=parameters.name)
        if any(value is not UNSET for value in (parameters.status, parameters.status_text, parameters.status_until)):
            user = _set_status(
                user,
                status=_given(parameters.status, user.status),
                text=_given(parameters.status_text, user.current_status_text),
                until=_given(parameters.status_until, user.status_until),
            )
    return serialize_own_profile(user)


@group.endpoint("PUT /me/avatar", scope=Scope.WRITE, returns=schemas.OwnProfile, takes_photo=True)
def change_avatar(user: User, parameters: Nothing, photo: File) -> JSON:
    """Change your photo.

    The body is a PNG, JPEG, WebP or GIF file of up to 5 MB, which is cropped to a square.
    """
    with translate_errors():
        return serialize_own_profile(_save(user, photo=photo))


@group.endpoint("DELETE /me/avatar", scope=Scope.WRITE)
def remove_avatar(user: User, parameters: Nothing) -> None:
    """Remove your photo."""
    if user.avatar:
        _save(user, remove_photo=True)


@group.endpoint("GET /me/settings", scope=Scope.READ, returns=schemas.Settings)
def show_settings(user: User, parameters: Nothing) -> JSON:
    """Show your preferences."""
    return {name: getattr(user, name) for name in PREFERENCES}


@group.endpoint("PATCH /me/settings", scope=Scope.WRITE, returns=schemas.Settings)
def change_settings(user: User, parameters: ChangeSettings) -> JSON:
    """Change your preferences.

    Only what you give is changed. `language`: the code of a language of this site, or empty for your browser's.
    `shows_room_events`: whether conversations show joins, renames and pins. `allows_direct_messages`: whether people
    can send you direct messages.
    """
    given = {name: getattr(parameters, name) for name in PREFERENCES if getattr(parameters, name) is not UNSET}
    _check_language(given.get("language", ""))
    with translate_errors():
        if own := {name: given[name] for name in ("theme", "language", "shows_room_events") if name in given}:
            user = _save(user, **own)
        if "hides_last_seen" in given:
            user = _set_status(user, hides_last_seen=given["hides_last_seen"])
    if "allows_direct_messages" in given:
        allow_direct_messages(user=user, allowed=given["allows_direct_messages"])
    return show_settings(user, Nothing())


@group.endpoint("GET /me/blocks", scope=Scope.READ, returns=schemas.PeoplePage)
def list_blocked_people(user: User, parameters: OnePage) -> JSON:
    """List the people whom you block.

    `after`: the `next` of the previous page.
    """
    return _people(User.objects.filter(pk__in=user.blocks.values("blocked")), parameters.after)


@group.endpoint("GET /me/mutes", scope=Scope.READ, returns=schemas.PeoplePage)
def list_muted_people(user: User, parameters: OnePage) -> JSON:
    """List the people whom you mute.

    `after`: the `next` of the previous page.
    """
    return _people(User.objects.filter(pk__in=user.mutes.values("muted")), parameters.after)


def _save(user: User, **changes: Any) -> User:
    names = ("display_name", "theme", "language", "shows_room_events")
    return update_profile(user=user, **({name: getattr(user, name) for name in names} | changes))


def _set_status(user: User, **changes: Any) -> User:
    current = {
        "status": user.status,
        "text": user.current_status_text,
        "until": user.status_until,
        "hides_last_seen": user.hides_last_seen,
    }
    return set_status(user=user, **(current | changes))


def _check_language(language: str) -> None:
    if language and language not in dict(settings.LANGUAGES):
        codes = ", ".join(code for code, _name in settings.LANGUAGES)
        raise Invalid(_("Choose one of %(languages)s.") % {"languages": codes}, field="language")


def _people(found: Any, after: str) -> JSON:
    people, following = page_after(found, after, order=["username_key"])
    return {"people": list(map(serialize_profile, people)), "next": following}


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is UNSET else value
