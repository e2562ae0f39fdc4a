"""Rules for passwords, in addition to Django's."""

from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator as DjangosValidator
from django.utils.translation import gettext

MIN_LENGTH = 8  # as for Django's MinimumLengthValidator


class CommonPasswordValidator(DjangosValidator):
    """Refuses common passwords, and says what to do. Those that are also too short are only called too short."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) >= MIN_LENGTH:
            super().validate(password, user)

    def get_error_message(self) -> str:
        return gettext("This password is too common. Choose one that’s harder to guess, such as several random words.")
