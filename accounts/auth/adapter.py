"""Where allauth asks us: who may register, what a name may be, who is asking."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest

from accounts import actions, usernames
from accounts.models import User
from accounts.registration import validation
from accounts.registration.pending_invitation import carried_invitation, drop

logger = logging.getLogger(__name__)

NOWHERE = "0.0.0.0"  # noqa: S104  (not bound to: a server behind a Unix socket knows no address)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is suspended.",
        "email_taken": "This email is already in use.",
        "duplicate_email": "You’ve already added this email.",
        "enter_current_password": "Current password is incorrect.",
        "incorrect_password": "Incorrect password.",
        "username_password_mismatch": "Incorrect username or password.",
        "email_password_mismatch": "Incorrect email or password.",
        "too_many_login_attempts": "Too many attempts. Try again in five minutes or reset your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.REGISTRATION == "open" or carried_invitation(request) is not None

    def clean_username(self, username: str, shallow: bool = False) -> str:
        if shallow:
            usernames.validate_username(username)
            return usernames.normalise(username)
        return validation.clean_username(username)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Raises ValidationError or InvitationSpent when it came to nothing after all."""
        data = form.cleaned_data
        user = actions.register_user(
            username=data["username"],
            password=data["password1"],
            email=data.get("email") or "",
            invitation=carried_invitation(request),
        )
        drop(request)
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Who proves an address keeps it: others who only claimed it lose it, in the same transaction."""
        with transaction.atomic():
            if email_address.can_set_verified():
                _withdraw_other_claims(email_address)
            return super().confirm_email(request, email_address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away neither undoes what was done nor tells who has an account here."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("the email %s could not be sent", template_prefix)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The peer. Proxies are believed by the server alone, by TRUSTED_PROXIES, and never by a header here."""
        return request.META.get("REMOTE_ADDR") or NOWHERE

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count for all spellings of one name."""
        return usernames.key(str(credentials.get("email") or credentials.get("username") or ""))


def _withdraw_other_claims(proved: EmailAddress) -> None:
    for claim in EmailAddress.objects.filter(email=proved.email).exclude(pk=proved.pk):
        claim.remove()
    User.objects.filter(email=proved.email).exclude(pk=proved.user_id).update(email="")
