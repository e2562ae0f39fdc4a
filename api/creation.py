"""Creates something once, however often the request is repeated with the same `client_id`."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts.models import Creation, User
from api.routing import Endpoint
from api.schemas.secrets import secret_fields
from messaging.errors import Conflict

ClientId = Annotated[UUID, Meta(description="Your own id of the request, with which you can repeat it.")]


class Creating(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The parameters of an endpoint that creates something."""

    client_id: ClientId | None = None


def create_once(user: User, endpoint: Endpoint, parameters: Creating) -> dict[str, Any]:
    """Call the endpoint's function, unless the user has sent this request before. Return the first response.

    Secrets are not stored, and null when the request is repeated. Raises Conflict if the `client_id` belongs to another
    request.
    """
    digest = sha256(endpoint.name.encode() + msgspec.json.encode(parameters)).hexdigest()
    with transaction.atomic():
        creation, is_new = Creation.objects.get_or_create(
            user=user, client_id=parameters.client_id, defaults={"digest": digest}
        )
        if not is_new:
            if creation.digest != digest:
                raise Conflict(_("This client_id was used for another request: send with a new one."))
            return msgspec.json.decode(creation.response)
        response = endpoint.function(user, parameters)
        stored = response | dict.fromkeys(secret_fields(endpoint.returns))
        creation.response = msgspec.json.encode(stored).decode()
        creation.save(update_fields=["response"])
        return response
