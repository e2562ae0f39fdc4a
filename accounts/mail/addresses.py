"""The addresses to which emails that nobody asked for at that moment may be sent."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress


def verified_addresses(user_ids: Iterable[int]) -> dict[int, str]:
    """Return an address of each of these users who has verified one: if possible, their primary address."""
    found = EmailAddress.objects.filter(user__in=list(user_ids), verified=True)
    return dict(found.order_by("primary", "pk").values_list("user", "email"))
