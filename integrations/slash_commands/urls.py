"""URLs of slash commands."""

from integrations.slash_commands.pages import pages

app_name = "slash_commands"

urlpatterns = pages.urls("commands")
