"""Lookups that several endpoints need."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from accounts.actions import NotAllowed
from accounts.models import User
from rooms.errors import Forbidden, Invalid, NotFound

PAGE = 50

AnyModel = TypeVar("AnyModel", bound=Model)


def find_person(user_id: int) -> User:
    """Return an active person. Raises NotFound."""
    person = User.objects.filter(pk=user_id, is_active=True).first()
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


def page_of(found: QuerySet[AnyModel], number: int) -> tuple[list[AnyModel], int | None]:
    """Return a page of PAGE objects, and the number of the next page, or None."""
    start = (number - 1) * PAGE
    objects = list(found[start : start + PAGE + 1])
    return objects[:PAGE], number + 1 if len(objects) > PAGE else None


@contextmanager
def translate_errors(**names: str) -> Iterator[None]:
    """Raise an action's ValidationError or NotAllowed as a refusal.

    names: the API's names of fields that have others in the action.
    """
    try:
        yield
    except NotAllowed as error:
        raise Forbidden from error
    except ValidationError as error:
        raise _refusal_of(error, names) from error


def _refusal_of(error: ValidationError, names: Mapping[str, str]) -> Invalid:
    if hasattr(error, "error_dict"):
        field, messages = next(iter(error.message_dict.items()))
        return Invalid(messages[0], field=names.get(field, field))
    return Invalid(error.messages[0])
