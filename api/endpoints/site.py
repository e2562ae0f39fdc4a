"""Endpoints for the site's settings and logo."""

from typing import Any, Literal

import msgspec
from django.core.files.base import File
from msgspec import UNSET, UnsetType

from accounts.models import Scope, SiteSettings, User
from accounts.site import PERMISSION, update_site
from api import schemas
from api.lookups import require_permission, translate_errors
from api.routing import Group

JSON = dict[str, Any]
FIELDS = ("name", "registration", "notification_level", "bot_creation")

group = Group("Site settings")


class Nothing(msgspec.Struct):
    pass


class ChangeSite(msgspec.Struct):
    name: str | UnsetType = UNSET
    registration: Literal["", "open", "invite", "closed"] | UnsetType = UNSET
    notification_level: Literal["", "all", "mentions", "nothing"] | UnsetType = UNSET
    bot_creation: Literal["", "everyone", "admins"] | UnsetType = UNSET


@group.endpoint("GET /admin/site", scope=Scope.ADMIN, returns=schemas.Site)
def show_site(user: User, parameters: Nothing) -> JSON:
    """Show the site's settings. An empty one has its default."""
    require_permission(user, PERMISSION)
    return _serialize(SiteSettings.objects.stored())


@group.endpoint("PATCH /admin/site", scope=Scope.ADMIN, returns=schemas.Site)
def change_site(user: User, parameters: ChangeSite) -> JSON:
    """Change the site's settings. Only what you give is changed."""
    require_permission(user, PERMISSION)
    given = {name: getattr(parameters, name) for name in FIELDS if getattr(parameters, name) is not UNSET}
    return _update(user, **given)


@group.endpoint("PUT /admin/site/logo", scope=Scope.ADMIN, returns=schemas.Site, takes_photo=True)
def change_logo(user: User, parameters: Nothing, photo: File) -> JSON:
    """Change the site's logo.

    The body is a PNG, JPEG, WebP or GIF file of up to 5 MB, which is cropped to a square.
    """
    return _update(user, logo=photo)


@group.endpoint("DELETE /admin/site/logo", scope=Scope.ADMIN, returns=schemas.Site)
def remove_logo(user: User, parameters: Nothing) -> JSON:
    """Remove the site's logo."""
    return _update(user, remove_logo=True)


def _update(user: User, **changes: Any) -> JSON:
    require_permission(user, PERMISSION)
    stored = SiteSettings.objects.stored()
    fields = {name: getattr(stored, name) for name in FIELDS} | changes
    with translate_errors():
        return _serialize(update_site(actor=user, **fields))


def _serialize(site: SiteSettings) -> JSON:
    return {name: getattr(site, name) for name in FIELDS} | {"has_logo": bool(site.logo)}
