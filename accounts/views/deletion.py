"""Views for downloading a user's data and for deleting their account."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import data_export
from accounts.forms.deletion import DeleteAccountForm
from accounts.http import AuthenticatedHttpRequest, LongResponse
from accounts.lifecycle import deletion
from accounts.models import site_name


@login_required
@never_cache
@require_POST
def download_data(request: AuthenticatedHttpRequest) -> HttpResponseBase:
    """Stream the user's data. Only POST is allowed, so that no link, preview or prefetch starts the work."""
    try:
        archive = data_export.start(request.user)
    except data_export.ExportUnavailable as error:
        messages.error(request, str(error))
        return redirect("accounts:profile")
    response = LongResponse(archive, content_type="application/zip")
    name = f"{site_name()} {request.user.username} {timezone.now():%Y-%m-%d}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name)  # type: ignore[assignment]
    response["Content-Encoding"] = "identity"  # the ZIP file is already compressed
    return response


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: AuthenticatedHttpRequest) -> HttpResponse:
    if deletion.is_last_superuser(request.user):
        return render(request, "accounts/delete_account.html", {"error": deletion.LastSuperuser()})
    form = DeleteAccountForm(request.POST or None, user=request.user)
    if not form.is_valid():
        return render(request, "accounts/delete_account.html", {"form": form})
    try:
        deletion.delete_account(user=request.user, with_messages=form.deletes_messages)
    except deletion.LastSuperuser as error:
        return render(request, "accounts/delete_account.html", {"error": error})
    logout(request)
    return render(request, "accounts/account_deleted.html", {"with_messages": form.deletes_messages})
