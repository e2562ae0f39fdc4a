"""The endpoint that searches messages."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from accounts.models import Scope, User
from api import schemas
from api.routing import Group
from messaging.runtime.protocol import Id
from messaging.search.query import MAX_LENGTH
from messaging.web.found import search_as_json

JSON = dict[str, Any]

group = Group("Search")


class Search(msgspec.Struct):
    q: Annotated[str, Meta(max_length=MAX_LENGTH)]
    order: Literal["newest", "best"] = "newest"
    before: Id | None = None


@group.endpoint("GET /search", scope=Scope.READ, returns=schemas.SearchResults)
def search_messages(user: User, parameters: Search) -> JSON:
    """Search messages.

    `q`: as on the search page, with operators such as `from:`, `in:` and `has:`. `before`: the `next` of the previous
    page.
    """
    return search_as_json(user, parameters.q, order=parameters.order, before=parameters.before)
