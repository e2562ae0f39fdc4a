"""Reads the integrations of a room or of the site, for pages and the API."""

from typing import TypeVar

from django.db.models import QuerySet

from integrations.models import ServerIntegration
from rooms.errors import NotFound
from rooms.models import Room

AnyIntegration = TypeVar("AnyIntegration", bound=ServerIntegration)


def integrations_in(model: type[AnyIntegration], room: Room) -> "QuerySet[AnyIntegration]":
    return model._default_manager.filter(room=room).select_related("bot").order_by(model.LISTED_BY)


def find_integration(model: type[AnyIntegration], room: Room, pk: int) -> AnyIntegration:
    """Return an integration of a room. Raises NotFound."""
    return one_of(model._default_manager.filter(room=room), pk)


def one_of(integrations: "QuerySet[AnyIntegration]", pk: int) -> AnyIntegration:
    """Return one of them with its bot and room. Raises NotFound."""
    found = integrations.select_related("bot", "room").filter(pk=pk).first()
    if found is None:
        raise NotFound(integrations.model.NOT_FOUND)
    return found
