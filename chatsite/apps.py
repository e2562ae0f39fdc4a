"""Makes the project an app, so that Django finds its template tags."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ChatsiteConfig(AppConfig):
    name = "chatsite"


class SiteAdminConfig(AdminConfig):
    default_site = "chatsite.admin_site.AdminSite"
