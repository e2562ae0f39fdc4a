"""The type of a request that came through `login_required`."""

from django.http import HttpRequest

from accounts.models import User


class UserRequest(HttpRequest):
    user: User
