"""Authenticates requests for pages by the API token in their Authorization header."""

from django.http import HttpRequest

from accounts.auth.tokens import TokenUser, bearer_of, note_use, users_of_tokens


class InvalidToken(Exception):
    """The token doesn't exist or has ended, or its user is suspended."""


def use_token(request: HttpRequest) -> TokenUser | None:
    """Set the request's user to that of its token, if it has one. Its cookies don't count then. Raises InvalidToken.

    Only for requests that change nothing, because the CSRF check before the view knows nothing of tokens.
    """
    secret = bearer_of(request.headers.get("Authorization", ""))
    if secret is None:
        return None
    [found] = users_of_tokens([secret])
    if found is None:
        raise InvalidToken
    if found.is_use_due:
        note_use([(found, request.META.get("REMOTE_ADDR") or "")])
    request.user = found.user
    return found
