"""The set-up page, where the first visitor creates the owner's account. It isn't available afterwards."""

import ipaddress
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.forms.member import SetupForm
from accounts.models import User
from accounts.registration import setup_code
from accounts.registration.validation import NewUser

ATTEMPTS = "10/10m/ip"
FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_")


@never_cache
@sensitive_post_parameters("code", "password1")
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if User.objects.exists():
        raise Http404
    needs_code = not is_on_this_machine(request)
    if needs_code:
        setup_code.read_or_create()
    form = SetupForm(request.POST or None, needs_code=needs_code)
    if request.method == "POST" and form.is_valid() and (not needs_code or _has_right_code(request, form)):
        try:
            return _set_up(request, form)
        except actions.AlreadySetUp:
            return redirect("/")
        except ValidationError as error:
            form.add_errors(error)
    return render(request, "accounts/setup.html", {"form": form, "needs_code": needs_code})


def is_on_this_machine(request: HttpRequest) -> bool:
    """Return whether the visitor is on the server's machine: a loopback peer that requests a loopback name without
    proxy headers. Forged headers can only make the result False.

    A proxy that adds no headers looks the same, so the result is False if the settings expect remote visitors.
    """
    if _expects_remote_visitors() or any(header.startswith(FORWARDED) for header in request.META):
        return False
    host, _ = split_domain_port(request.get_host())
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and _is_loopback_name(host.strip("[]"))


def _expects_remote_visitors() -> bool:
    site = urlsplit(settings.SITE_URL).hostname
    names = [settings.HOST, *([site] if site else [])]
    return bool(settings.TRUSTED_PROXIES) or not all(map(_is_loopback_name, names))


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback


def _has_right_code(request: HttpRequest, form: SetupForm) -> bool:
    """Check the code. Attempts are counted first, so that simultaneous ones count as well."""
    if ratelimit.consume(request, app="accounts", action="setup", config={"setup": ATTEMPTS}) is None:
        form.add_error("code", _("Too many incorrect codes. Try again in ten minutes."))
        return False
    if not setup_code.check(form.cleaned_data["code"]):
        form.add_error("code", _("Incorrect code. Copy it from the terminal where you started the server."))
        return False
    return True


def _set_up(request: HttpRequest, form: SetupForm) -> HttpResponse:
    data = form.cleaned_data
    new_user = NewUser(
        username=data["username"],
        password=data["password1"],
        email=data["email"],
        display_name=data["display_name"],
    )
    user = actions.set_up_site(new_user=new_user, site_name=data.get("site_name", ""))
    get_adapter().login(request, user)
    return redirect("/")
