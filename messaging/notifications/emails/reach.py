"""Whether emails reach someone, and why not."""

from enum import StrEnum

from allauth.account.models import EmailAddress

from accounts.mail.delivery import can_email_links
from accounts.models import User


class Obstacle(StrEnum):
    """Why emails about messages don't reach someone."""

    SITE = "site"
    NO_ADDRESS = "no_address"
    UNVERIFIED = "unverified"


def find_obstacle(user: User) -> Obstacle | None:
    if not can_email_links():
        return Obstacle.SITE
    verified = list(EmailAddress.objects.filter(user=user).values_list("verified", flat=True))
    if not verified:
        return Obstacle.NO_ADDRESS
    return None if any(verified) else Obstacle.UNVERIFIED
