"""Where files are kept: in DATA_DIR, or in the store that MEDIA_URL names."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

FOLDER = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
NO_BUCKET = "is no bucket's address; in KEY and SECRET write / as %2F, + as %2B, @ as %40"
FORM = "s3://KEY:SECRET@bucket?endpoint=https://s3.example.org&region=eu-central-1"


def storage_named(url: str) -> dict[str, Any]:
    """Django's default storage for MEDIA_URL, as STORAGES has it; without one a folder. Raises ImproperlyConfigured.

    What it says names the part that is wrong and never repeats it: it may hold the secret.
    """
    if not url:
        return FOLDER
    try:
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        has_port = parts.port is not None
    except ValueError:
        raise _wrong(NO_BUCKET) from None
    if parts.scheme != "s3" or not parts.hostname or has_port or parts.path.strip("/") or parts.fragment:
        raise _wrong(NO_BUCKET)
    if unknown := set(told) - {"endpoint", "region"}:
        raise _wrong(f"knows no {', '.join(sorted(unknown))}, only endpoint and region")
    return {"BACKEND": "messaging.attachments.s3_storage.SharedS3Storage", "OPTIONS": _options(parts, told)}


def _options(parts: SplitResult, told: dict[str, str]) -> dict[str, Any]:
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(key) != bool(secret):
        raise _wrong("has one of KEY and SECRET; give both, or neither where this machine has a role of its own")
    endpoint, region = told.get("endpoint", ""), told.get("region", "")
    if not endpoint and not region:
        raise _wrong("names no region; Amazon's stores need one, and all others an endpoint")
    if endpoint and not _is_origin(endpoint):
        raise _wrong("has an endpoint that is no address such as https://s3.example.org")
    bucket = str(parts.hostname)
    is_amazons = not endpoint
    return {
        "bucket_name": bucket,
        "access_key": key or None,
        "secret_key": secret or None,
        "region_name": region or "us-east-1",  # what stores that know no regions take
        # Amazon's by the region: signed for its common address, a download would be sent on, and refused.
        "endpoint_url": endpoint.rstrip("/") or f"https://s3.{region}.amazonaws.com",
        # A name with dots stands in no certificate.
        "addressing_style": "virtual" if is_amazons and "." not in bucket else "path",
    }


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and bare


def _wrong(what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"MEDIA_URL {what}. It looks like {FORM}.")
