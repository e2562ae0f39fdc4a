"""Requests that can be repeated with the same `client_id` without creating anything twice."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts.models import IdempotentRequest, User
from api.routing import Endpoint
from api.schemas.secrets import secret_fields
from messaging.errors import Conflict

ClientId = Annotated[UUID, Meta(description="A UUID of your own. With it, you can safely repeat the request.")]


class Idempotent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The parameters of an endpoint that creates something.

    Defaults are left out of the digest, so that it stays the same when a later version adds a parameter.
    """

    client_id: ClientId | None = None


def call_once(user: User, endpoint: Endpoint, parameters: Idempotent) -> dict[str, Any]:
    """Call the endpoint's function, unless the user has sent this request before. Return the first response.

    Secrets aren't stored, so they are null in the response to a repeated request. Raises Conflict if the user has sent
    another request with this `client_id`.
    """
    digest = sha256(endpoint.name.encode() + msgspec.json.encode(parameters)).hexdigest()
    with transaction.atomic():
        request, is_new = IdempotentRequest.objects.get_or_create(
            user=user, client_id=parameters.client_id, defaults={"digest": digest}
        )
        if not is_new:
            if request.digest != digest:
                raise Conflict(_("You’ve already sent another request with this client_id. Use a new one."))
            return msgspec.json.decode(request.response)
        response = endpoint.function(user, parameters)
        stored = response | dict.fromkeys(secret_fields(endpoint.returns))
        request.response = msgspec.json.encode(stored).decode()
        request.save(update_fields=["response"])
        return response
