"""The adapter that makes allauth follow this site's rules."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal import ratelimit
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import actions, links, usernames
from accounts.auth import login_limits
from accounts.auth.login_limits import LoginLimit
from accounts.models import User, registration_mode, site_name
from accounts.registration import validation
from accounts.registration.pending_invitation import clear_pending_invitation, pending_invitation
from accounts.registration.validation import NewUser

BROWSER_RATE = "5/5m/key"
MAIL_RATE = {"mail": "5/h/key"}
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  (for clients behind a Unix socket; nothing binds to it)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is suspended."),
        "email_taken": _("This email is already in use."),
        "duplicate_email": _("You’ve already added this email."),
        "enter_current_password": _("Current password is incorrect."),
        "incorrect_password": _("Incorrect password."),
        "username_password_mismatch": _("Incorrect username or password."),
        "email_password_mismatch": _("Incorrect email or password."),
        "too_many_login_attempts": _("Too many attempts. Try again in five minutes or reset your password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return registration_mode() == "open" or pending_invitation(request) is not None

    def is_safe_url(self, url: str) -> bool:
        """Return whether logins and logouts may redirect to `url`. allauth allows any port of all ALLOWED_HOSTS."""
        return links.is_on_site(context.request, url)

    def format_email_subject(self, subject: str) -> str:
        return f"[{site_name()}] {subject}"

    def clean_username(self, username: str, shallow: bool = False) -> str:
        if shallow:
            usernames.validate_username(username)
            return usernames.normalize(username)
        return validation.clean_username(username)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Create the account. Raises ValidationError or InvitationExpired if the form is no longer valid."""
        data = form.cleaned_data
        new_user = NewUser(
            username=data["username"],
            password=data["password1"],
            email=data.get("email") or "",
            display_name=data["display_name"],
        )
        user = actions.register_user(new_user=new_user, invitation=pending_invitation(request))
        clear_pending_invitation(request)
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Verify an address, and remove it from other users who added it without verifying it."""
        with transaction.atomic():
            if email_address.can_set_verified():
                _remove_other_claims(email_address)
            return super().confirm_email(request, email_address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue an email, unless its recipient has reached the limit for this kind of email.

        Anyone can request these emails. The request shows no error, because the earlier emails still work.
        """
        key = f"{template_prefix}:{email.lower()}"
        if ratelimit.consume(self.request, app="accounts", action="mail", config=MAIL_RATE, key=key, limit_get=True):
            super().send_mail(template_prefix, email, context)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the peer's address. Headers are ignored here: the server handles trusted proxies (TRUSTED_PROXIES)."""
        return request.META.get("REMOTE_ADDR") or UNKNOWN_ADDRESS

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        login_limits.remember_browser(request, response, user)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this attempt. Raises ValidationError if there have been too many."""
        limit = self._login_limit(request, **credentials)
        config = None if limit.is_shared else {"login_failed": BROWSER_RATE}
        usage = ratelimit.consume(request, app="allauth.account", action="login_failed", config=config, key=limit.key)
        if usage is None:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = usage  # undone after a successful login

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return self._login_limit(request, **credentials).key

    def _login_limit(self, request: HttpRequest, **credentials: Any) -> LoginLimit:
        login = str(credentials.get("email") or credentials.get("username") or "").strip()
        return login_limits.limit_for(request, self.get_client_ip(request), login)


def _remove_other_claims(verified: EmailAddress) -> None:
    for claim in EmailAddress.objects.filter(email=verified.email).exclude(pk=verified.pk):
        claim.remove()
    User.objects.filter(email=verified.email).exclude(pk=verified.user_id).update(email="")
