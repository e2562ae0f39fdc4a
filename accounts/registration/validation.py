"""What a new account must satisfy: one place for the web, the terminal and a file of people."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import usernames
from accounts.models import User

EMAIL_MAX_LENGTH = 254


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """Somebody who is to get an account. Without a password they choose one through a reset e-mail."""

    username: str
    password: str | None = None
    email: str = ""
    display_name: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    email_verified: bool = False

    def check(self, *, password_follows: bool = False) -> User:
        """Return the unsaved user, without a password; raises ValidationError with messages by field."""
        errors: dict[str, list[str]] = {}

        def gather(field: str, clean: Callable[[str], str], value: str) -> str:
            try:
                return clean(value)
            except ValidationError as error:
                errors[field] = error.messages
                return value

        user = User(
            username=gather("username", clean_username, self.username),
            email=gather("email", clean_email, self.email),
            display_name=gather("display_name", clean_display_name, self.display_name),
            is_staff=self.is_staff or self.is_superuser,
            is_superuser=self.is_superuser,
        )
        if self.password is not None:
            gather("password", lambda password: clean_password(password, user), self.password)
        elif not user.email and not password_follows:
            errors.setdefault("password", ["Enter a password, or an email address to set one with."])
        if errors:
            raise ValidationError(errors)
        return user


def clean_username(username: str) -> str:
    """Return the name as it is stored; raises ValidationError for one that may not be or is taken."""
    usernames.validate_username(username)
    if User.objects.with_username(username).exists():
        raise ValidationError("That username is taken.", code="username_taken")
    return usernames.normalise(username)


def clean_email(email: str) -> str:
    email = email.strip().lower()
    if not email:
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
            raise ValidationError("Email is required.", code="required")
        return ""
    validate_email(email)
    if len(email) > EMAIL_MAX_LENGTH:
        raise ValidationError(f"Email can have at most {EMAIL_MAX_LENGTH} characters.", code="too_long")
    if is_email_taken(email):
        raise ValidationError("This email is already in use.", code="email_taken")
    return email


def is_email_taken(email: str, *, except_by: User | None = None) -> bool:
    from allauth.account.models import EmailAddress

    email = email.lower()
    people, addresses = User.objects.filter(email=email), EmailAddress.objects.filter(email=email)
    if except_by is not None:
        people, addresses = people.exclude(pk=except_by.pk), addresses.exclude(user_id=except_by.pk)
    return people.exists() or addresses.exists()


def clean_display_name(name: str) -> str:
    name = " ".join(name.split())
    usernames.validate_display_name(name)
    most = User._meta.get_field("display_name").max_length or 0
    if len(name) > most:
        raise ValidationError(f"Display name can have at most {most} characters.", code="too_long")
    return name


def clean_password(password: str, user: User) -> str:
    if "\0" in password:
        raise ValidationError("Passwords can’t contain null characters.", code="characters")
    validate_password(password, user)
    return password
