"""Lookups that several endpoints need."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext as _

from accounts.actions import NotAllowed
from accounts.models import User
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import Room
from rooms.permissions import NO_ROOM, find_room, require_owner


def find_person(user_id: int) -> User:
    """Return an active person. Raises NotFound."""
    person = User.objects.filter(pk=user_id, is_active=True).first()
    if person is None:
        raise NotFound(_("Person not found."), field="user")
    return person


def find_author(user_id: int) -> User:
    """Return a person whether or not they are active, as their messages stay. Raises NotFound."""
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise NotFound(_("Person not found."), field="user")
    return person


def find_people(user_ids: Sequence[int]) -> list[User]:
    """Return active people. Raises NotFound, naming the first id that isn't one's."""
    people = {person.pk: person for person in User.objects.filter(pk__in=user_ids, is_active=True)}
    for pk in user_ids:
        if pk not in people:
            raise NotFound(_("There is no person with the id %(id)d.") % {"id": pk}, field="users")
    return list(people.values())


def find_named_room(user: User, room_id: int) -> Room:
    """Return a public or private room. Conversations have no roles, bans or webhooks. Raises NotFound."""
    room = find_room(user, room_id)
    if room.is_conversation:
        raise NotFound(NO_ROOM)
    return room


def find_owned_room(user: User, room_id: int) -> Room:
    """Return a public or private room that the user owns. Raises NotFound or Forbidden."""
    room = find_named_room(user, room_id)
    require_owner(user, room)
    return room


def require_permission(user: User, permission: str) -> None:
    """Raise Forbidden unless the user is an admin with this permission, as the admin pages would."""
    if not (user.is_staff and user.has_perm(permission)):
        raise Forbidden


@contextmanager
def translate_errors(**names: str) -> Iterator[None]:
    """Raise an action's ValidationError or NotAllowed as a refusal.

    names: the API's names of fields that have others in the action.
    """
    try:
        yield
    except NotAllowed as error:
        raise Forbidden from error
    except ObjectDoesNotExist as error:  # deleted in the meantime
        raise NotFound from error
    except ValidationError as error:
        raise _refusal_of(error, names) from error


def _refusal_of(error: ValidationError, names: Mapping[str, str]) -> Invalid:
    if hasattr(error, "error_dict"):
        field, messages = next(iter(error.message_dict.items()))
        return Invalid(messages[0], field=names.get(field, field))
    return Invalid(error.messages[0])
