"""Views for users, their accounts and their invitations."""

from accounts.views.bots import bot, bot_deletion, bot_state, bot_tokens, bots
from accounts.views.deletion import delete_account, download_data
from accounts.views.invitations import invitations, join, qr_code, revoke_invitation
from accounts.views.people import avatar, online, online_list, people, person
from accounts.views.profile import end_session, profile, session
from accounts.views.settings_search import settings_search
from accounts.views.setup import setup
from accounts.views.site import logo, send_test_email, site_settings
from accounts.views.status import status
from accounts.views.tokens import token_revocation, tokens
from accounts.views.usernames import check_username

__all__ = [
    "avatar",
    "bot",
    "bot_deletion",
    "bot_state",
    "bot_tokens",
    "bots",
    "check_username",
    "delete_account",
    "download_data",
    "end_session",
    "invitations",
    "join",
    "logo",
    "online",
    "online_list",
    "people",
    "person",
    "profile",
    "qr_code",
    "revoke_invitation",
    "send_test_email",
    "session",
    "settings_search",
    "setup",
    "site_settings",
    "status",
    "token_revocation",
    "tokens",
]
