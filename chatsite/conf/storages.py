"""File storage: a folder in DATA_DIR, or the S3-compatible store in MEDIA_URL."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

FOLDER = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
NOT_A_BUCKET = "is not the URL of a bucket; in KEY and SECRET write / as %2F, + as %2B, @ as %40"
FORM = "s3://KEY:SECRET@bucket?endpoint=https://s3.example.org&region=eu-central-1"


def storage_from_url(url: str) -> dict[str, Any]:
    """Return the entry for Django's default storage in STORAGES, given MEDIA_URL. Raises ImproperlyConfigured.

    The error names the invalid part but never quotes its value, which may contain the secret key.
    """
    if not url:
        return FOLDER
    try:
        parts = urlsplit(url)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        has_port = parts.port is not None
    except ValueError:
        raise _error(NOT_A_BUCKET) from None
    if parts.scheme != "s3" or not parts.hostname or has_port or parts.path.strip("/") or parts.fragment:
        raise _error(NOT_A_BUCKET)
    if unknown := set(parameters) - {"endpoint", "region"}:
        raise _error(f"has an unknown parameter: {', '.join(sorted(unknown))}; only endpoint and region are possible")
    return {"BACKEND": "messaging.attachments.s3_storage.SharedS3Storage", "OPTIONS": _options(parts, parameters)}


def _options(parts: SplitResult, parameters: dict[str, str]) -> dict[str, Any]:
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(key) != bool(secret):
        raise _error("has only one of KEY and SECRET; give both, or neither if this machine has a role")
    endpoint, region = parameters.get("endpoint", ""), parameters.get("region", "")
    if not endpoint and not region:
        raise _error("has no region; Amazon S3 needs one, other stores need an endpoint")
    if endpoint and not _is_origin(endpoint):
        raise _error("has an invalid endpoint; it must look like https://s3.example.org")
    bucket = str(parts.hostname)
    is_amazon = not endpoint
    return {
        "bucket_name": bucket,
        "access_key": key or None,
        "secret_key": secret or None,
        "region_name": region or "us-east-1",  # the default for stores without regions
        # Use Amazon's regional endpoint: a download signed for the global one is redirected and then rejected.
        "endpoint_url": endpoint.rstrip("/") or f"https://s3.{region}.amazonaws.com",
        # Certificates do not cover bucket names with dots.
        "addressing_style": "virtual" if is_amazon and "." not in bucket else "path",
    }


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError if it is invalid
    except ValueError:
        return False
    has_no_path = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and has_no_path


def _error(problem: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"MEDIA_URL {problem}. Use a URL such as {FORM}.")
