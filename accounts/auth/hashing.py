"""Identifies requests that hash passwords, which takes a tenth of a second or more.

Anyone can send them, so they run in a separate thread: in the threads for pages, they would delay everyone's pages.
"""

from django.urls import Resolver404, resolve

HASHING_VIEWS = {
    "account_login",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password_from_key",
    "accounts:setup",
    "accounts:deletion",
    "admin:accounts_user_add",
    "admin:auth_user_password_change",
    "admin:password_change",
}


def hashes_passwords(method: str, path: str) -> bool:
    """Return whether a request may hash a password."""
    if method != "POST":
        return False
    try:
        return resolve(path).view_name in HASHING_VIEWS
    except Resolver404:
        return False
