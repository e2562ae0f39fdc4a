"""Validation of new accounts, shared by the pages, the command line and CSV files."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.models import SiteSettings, User, UserGroup

EMAIL_MAX_LENGTH = 254


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """The data of an account to create. Without a password, its owner sets one through a password reset email."""

    username: str
    password: str | None = None
    email: str = ""
    display_name: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    email_verified: bool = False

    def validate(self, *, password_follows: bool = False) -> User:
        """Return the unsaved user without a password. Raises ValidationError with messages by field."""
        errors: dict[str, list[str]] = {}

        def cleaned(field: str, clean: Callable[[str], str], value: str) -> str:
            try:
                return clean(value)
            except ValidationError as error:
                errors[field] = error.messages
                return value

        user = User(
            username=cleaned("username", clean_username, self.username),
            email=cleaned("email", clean_email, self.email),
            display_name=cleaned("display_name", clean_display_name, self.display_name),
            is_staff=self.is_staff or self.is_superuser,
            is_superuser=self.is_superuser,
        )
        if self.password is not None:
            cleaned("password", lambda password: clean_password(password, user), self.password)
        elif not user.email and not password_follows:
            errors.setdefault("password", [_("Enter a password, or an email address to set one with.")])
        if errors:
            raise ValidationError(errors)
        return user


def clean_username(username: str, *, user: User | None = None) -> str:
    """Return the normalized username. Raises ValidationError if it is invalid, or taken by anyone but `user`."""
    usernames.validate_username(username)
    own = [user.pk] if user is not None else []
    if User.objects.with_username(username).exclude(pk__in=own).exists():
        raise ValidationError(_("That username is taken."), code="username_taken")
    if User.objects.resembling(username).exclude(pk__in=own).exists():
        raise ValidationError(_("That username looks too much like an existing one."), code="username_taken")
    if UserGroup.objects.named(username).exists():
        raise ValidationError(_("A group has that name, or one that looks like it."), code="username_taken")
    return usernames.normalize(username)


def clean_email(email: str) -> str:
    email = email.strip().lower()
    if not email:
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
            raise ValidationError(_("Email is required."), code="required")
        return ""
    validate_email(email)
    if len(email) > EMAIL_MAX_LENGTH:
        raise ValidationError(
            _("Email can have at most %(count)d characters.") % {"count": EMAIL_MAX_LENGTH}, code="too_long"
        )
    if is_email_taken(email):
        raise ValidationError(_("This email is already in use."), code="email_taken")
    return email


def is_email_taken(email: str, *, by_others_than: User | None = None) -> bool:
    from allauth.account.models import EmailAddress

    email = email.lower()
    people, addresses = User.objects.filter(email=email), EmailAddress.objects.filter(email=email)
    if by_others_than is not None:
        people, addresses = people.exclude(pk=by_others_than.pk), addresses.exclude(user_id=by_others_than.pk)
    return people.exists() or addresses.exists()


def clean_display_name(name: str) -> str:
    max_length = User._meta.get_field("display_name").max_length or 0
    return _clean_name(name, max_length, _("Display name can have at most %(count)d characters."))


def clean_site_name(name: str) -> str:
    max_length = SiteSettings._meta.get_field("name").max_length or 0
    return _clean_name(name, max_length, _("The site’s name can have at most %(count)d characters."))


def clean_password(password: str, user: User) -> str:
    if "\0" in password:
        raise ValidationError(_("Passwords can’t contain null characters."), code="characters")
    validate_password(password, user)
    return password


def _clean_name(name: str, max_length: int, too_long: str) -> str:
    name = " ".join(name.split())
    if len(name) > max_length:
        raise ValidationError(too_long % {"count": max_length}, code="too_long")
    usernames.validate_display_name(name)
    return name
