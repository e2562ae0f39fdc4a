"""URLs of slash commands."""

from django.urls import path

from integrations.slash_commands import views

app_name = "slash_commands"

urlpatterns = [
    path("rooms/<int:pk>/commands/", views.commands, name="commands"),
    path("rooms/<int:pk>/commands/new/", views.new_command, name="new_command"),
    path("rooms/<int:pk>/commands/<int:command_pk>/", views.command, name="command"),
    path("rooms/<int:pk>/commands/<int:command_pk>/switch/", views.switch, name="switch"),
    path("rooms/<int:pk>/commands/<int:command_pk>/secret/", views.secret, name="secret"),
]
