"""Pages of lists that may change while they are read.

Each page begins after the last entry of the one before, not at a number, so entries that are added or removed meanwhile
make no others be left out or listed twice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _
from msgspec import Meta

from rooms.errors import Invalid

PAGE = 50

# Other characters could take so many bytes of a URL that the server refuses it.
Cursor = Annotated[str, Meta(max_length=4_000, pattern="^[A-Za-z0-9_:=-]*$")]
AnyModel = TypeVar("AnyModel", bound=Model, covariant=True)


class Sliceable(Protocol[AnyModel]):
    """A queryset, or a sequence that can be sliced like one."""

    def __getitem__(self, wanted: slice, /) -> Iterable[AnyModel]: ...


def page_after(
    found: "QuerySet[AnyModel]", cursor: str, *, order: Sequence[str], field: str = "after"
) -> tuple[list[AnyModel], str | None]:
    """Return the PAGE objects after a cursor, or the first ones, and the cursor after them or None. Raises Invalid.

    order: names as for `order_by`, of which the last is unique. In descending order, nulls are last.
    field: the name of the parameter with the cursor.
    """
    if cursor:
        found = found.filter(_beyond(order, _decode(cursor, order, field)))
    objects = list(found.order_by(*(_ordering(found.model, name) for name in order))[: PAGE + 1])
    return objects[:PAGE], _encode(objects[PAGE - 1], order) if len(objects) > PAGE else None


def page_of(found: "Sliceable[AnyModel]", number: int) -> tuple[list[AnyModel], int | None]:
    """Return a page by its number, and that of the next page or None. For lists that aren't one query."""
    start = (number - 1) * PAGE
    objects = list(found[start : start + PAGE + 1])
    return objects[:PAGE], number + 1 if len(objects) > PAGE else None


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition (a, b) > (x, y), which is: a > x, or a = x and b > y."""
    *first, last = zip(order, values, strict=True)
    condition = _follows(*last)
    for name, value in reversed(first):
        condition = _follows(name, value) | (Q((name.removeprefix("-"), value)) & condition)
    return condition


def _follows(name: str, value: Any) -> Q:
    if not name.startswith("-"):
        return Q((f"{name}__gt", value))
    name = name.removeprefix("-")
    return Q(pk__in=()) if value is None else Q((f"{name}__lt", value)) | Q((f"{name}__isnull", True))


def _ordering(model: type[Model], name: str) -> Any:
    if not name.startswith("-") or not getattr(model._meta.get_field(name[1:]), "null", False):
        return name  # so that an index of this order can be used
    return F(name[1:]).desc(nulls_last=True)


def _encode(last: Model, order: Sequence[str]) -> str:
    """Return a cursor. It is signed, so its values are always those of an object in this order."""
    return _signer(order).sign_object([_portable(_value(last, name.removeprefix("-"))) for name in order])


def _decode(cursor: str, order: Sequence[str], field: str) -> Sequence[Any]:
    try:
        values: Sequence[Any] = _signer(order).unsign_object(cursor)
    except signing.BadSignature:
        raise Invalid(_("Give the value of “next” from the previous response."), field=field) from None
    return values


def _signer(order: Sequence[str]) -> signing.Signer:
    return signing.Signer(salt=f"{__name__}:{','.join(order)}")


def _value(found: Model, name: str) -> Any:
    value: Any = found
    for part in name.split("__"):
        value = getattr(value, part)
    return value


def _portable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
