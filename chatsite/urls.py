"""URLs of the site."""

from django.contrib import admin
from django.urls import include, path

handler500 = "chatsite.errors.server_error"

urlpatterns = [
    path("", include("chatsite.web_app.urls")),
    path("", include("messaging.web.urls")),
    path("", include("integrations.incoming.urls")),
    path("", include("rooms.urls")),  # before the pages of people, one of whom may be called “search”
    path("", include("integrations.outgoing.urls")),
    path("", include("integrations.slash_commands.urls")),
    path("", include("accounts.urls")),
    path("api/", include("api.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("admin/", admin.site.urls),
]
