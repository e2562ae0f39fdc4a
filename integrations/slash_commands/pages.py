"""Pages for a room's slash commands, which its owners see."""

from django.utils.translation import gettext_lazy as _

from integrations.models import SlashCommand
from integrations.servers.pages import Pages
from integrations.slash_commands import actions
from integrations.slash_commands.forms import CommandForm

pages = Pages(
    namespace="slash_commands",
    name="command",
    model=SlashCommand,
    form=CommandForm,
    create=actions.create_command,
    change=actions.change_command,
    switched_on=_("Command turned on"),
    switched_off=_("Command turned off"),
    deleted=_("Command deleted"),
)
