"""The pages about people."""

from accounts.views.deletion import data, delete_account
from accounts.views.invitations import invitations, join, revoke
from accounts.views.people import avatar, here, here_list, people, person
from accounts.views.profile import end_session, profile, session
from accounts.views.setup import setup
from accounts.views.status import status

__all__ = [
    "avatar",
    "data",
    "delete_account",
    "end_session",
    "here",
    "here_list",
    "invitations",
    "join",
    "people",
    "person",
    "profile",
    "revoke",
    "session",
    "setup",
    "status",
]
