"""View for searching the settings: a page of results, or all settings as JSON for filtering in the browser."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedHttpRequest
from accounts.settings_index import search_settings

QUERY_LENGTH = 80


@require_safe
@login_required
@never_cache
def settings_search(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the settings that match ?q=WORDS as links, or all as JSON."""
    query = request.GET.get("q", "").strip()[:QUERY_LENGTH]
    found = search_settings(request.user, query)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"settings": [setting.as_data() for setting in found]})
    return render(request, "accounts/settings_search.html", {"found": found, "query": query})
