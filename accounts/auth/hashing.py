"""Which requests hash passwords. They run in a thread of their own, because each takes a tenth of a second or more.

Anyone can send them, so in the threads for pages they would delay everyone's.
"""

import ipaddress

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


def network_of(address: str) -> str:
    """Return the address or, for IPv6, its /64 network, all of which one person usually has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
