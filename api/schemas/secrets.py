"""Secrets in responses, which are only in the first one."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Secret = Annotated[str | None, Meta(description="Null if the request was repeated with the same `client_id`.")]


def secret_fields(struct: Any) -> list[str]:
    """Return the names of a struct's fields that are secrets."""
    return [field.encode_name for field in msgspec.structs.fields(struct) if field.type == Secret]
