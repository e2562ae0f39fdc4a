"""The pages of groups of people that can be mentioned."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import groups as actions
from accounts.actions import NotAllowed
from accounts.http import AuthenticatedHttpRequest
from accounts.models import GroupMember, User, UserGroup
from accounts.presence.availability import availability
from rooms.errors import Forbidden, Invalid
from rooms.group_forms import AddToGroupForm, CreateGroupForm, GroupForm
from rooms.responses import action_view, is_program, respond

PAGE = 50
QUERY_LENGTH = 80

GroupView = Callable[..., HttpResponse]  # of the request and the group


@action_view("GET")
def groups(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the groups."""
    query = request.GET.get("q", "").strip().removeprefix("@")[:QUERY_LENGTH]
    found = UserGroup.objects.matching(query).order_by("title", "name_key")
    page: Page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    _count_members(request.user, page)
    context = {"page": page, "query": query, "can_create": actions.can_create_groups(request.user)}
    return render(request, "rooms/groups.html", context)


@action_view("GET", "POST")
def create(request: AuthenticatedHttpRequest) -> HttpResponse:
    if not actions.can_create_groups(request.user):
        raise Forbidden
    form = CreateGroupForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (group := _carry_out(form, actions.create_group, actor=request.user)):
        messages.success(request, _("Group created. Now add people to it."))
        return redirect(group)
    return render(request, "rooms/group_form.html", {"form": form})


def group_view(*methods: str) -> Callable[[GroupView], Callable[..., HttpResponse]]:
    """Make a view receive a group, or respond with a page that says that it was deleted."""

    def decorate(view: GroupView) -> Callable[..., HttpResponse]:
        @action_view(*methods)
        @wraps(view)
        def wrapper(request: AuthenticatedHttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            group = UserGroup.objects.filter(pk=pk).first()
            if group is None and not is_program(request):
                return render(request, "rooms/no_group.html", status=404)
            return view(request, group or get_object_or_404(UserGroup, pk=pk), **kwargs)

        return wrapper

    return decorate


@group_view("GET", "POST")
def group(request: AuthenticatedHttpRequest, group: UserGroup) -> HttpResponse:
    """Show a group with its members. POST adds people."""
    can_change = actions.can_change_groups(request.user)
    form = AddToGroupForm(request.POST if request.method == "POST" else None, viewer=request.user)
    if request.method == "POST" and not can_change:
        raise Forbidden
    if form.is_valid():
        people = form.cleaned_data["user"]
        try:
            added = actions.add_to_group(actor=request.user, group=group, people=people)
        except ValidationError as error:
            form.add_error("user", error.messages)
        else:
            return respond(request, group, message=_describe(added, people), users=[person.pk for person in added])
    if form.is_bound and is_program(request):
        raise form.refusal()
    return render(request, "rooms/group.html", _context(request, group, form=form, can_change=can_change))


@group_view("GET", "POST")
def edit(request: AuthenticatedHttpRequest, group: UserGroup) -> HttpResponse:
    if not actions.can_change_groups(request.user):
        raise Forbidden
    initial = {"name": group.name, "title": group.title, "description": group.description}
    form = GroupForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid() and _carry_out(form, actions.update_group, actor=request.user, group=group):
        messages.success(request, _("Group saved"))
        return redirect(group)
    can_delete = actions.can_delete_groups(request.user)
    return render(request, "rooms/group_form.html", {"form": form, "group": group, "can_delete": can_delete})


@group_view("GET", "POST")
def delete(request: AuthenticatedHttpRequest, group: UserGroup) -> HttpResponse:
    """Delete a group, after a page that asks."""
    if not actions.can_delete_groups(request.user):
        raise Forbidden
    if request.method == "POST":
        actions.delete_group(actor=request.user, group=group)
        return respond(request, "rooms:groups", message=_("Group deleted"))
    return render(request, "rooms/group_delete.html", {"group": group})


@group_view("POST", "DELETE")
def member(request: AuthenticatedHttpRequest, group: UserGroup, *, user_pk: int) -> HttpResponse:
    """DELETE removes a member. Members can remove themselves."""
    if request.method != "DELETE":
        raise Invalid(_("Only DELETE is possible here."))
    person = get_object_or_404(User, pk=user_pk)
    with _translating_refusals():
        actions.remove_from_group(actor=request.user, group=group, user=person)
    if person == request.user:
        return respond(request, group, message=_("You left %(title)s.") % {"title": group.title})
    message = _("%(name)s was removed from %(title)s.") % {"name": person.name, "title": group.title}
    return respond(request, group, message=message)


def _count_members(viewer: User, page: Page) -> None:
    """Set `size` and `is_own` of the groups on a page, with one query each."""
    memberships = GroupMember.objects.filter(group__in=[group.pk for group in page])
    sizes = memberships.visible_to(viewer).sizes()
    own = set(memberships.filter(user=viewer).values_list("group", flat=True))
    for each in page:
        each.size, each.is_own = sizes.get(each.pk, 0), each.pk in own


def _context(
    request: AuthenticatedHttpRequest, group: UserGroup, *, form: AddToGroupForm, can_change: bool
) -> dict[str, Any]:
    """Return the context of a group's page. Those who can change it also see people whom they block."""
    members = User.objects.filter(group_memberships__group=group, is_active=True)
    if not can_change:
        members = members.exclude(pk__in=request.user.blocked_ids)
    people = members.annotate(availability=availability(request.user)).order_by("username_key")
    page: Page = Paginator(people, PAGE).get_page(request.GET.get("page"))
    return {
        "group": group,
        "form": form,
        "page": page,
        "can_change": can_change,
        "is_member": group.members.filter(user=request.user).exists(),
    }


def _carry_out(form: GroupForm, action: Callable[..., UserGroup], **arguments: Any) -> UserGroup | None:
    """Return the group, or None after adding the action's errors to the form."""
    try:
        with _translating_refusals():
            return action(**arguments, **form.cleaned_data)
    except ValidationError as error:
        form.add_errors(error)
        return None


@contextmanager
def _translating_refusals() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise Forbidden from error


def _describe(added: list[User], people: list[User]) -> str:
    if not added:
        return ngettext("They’re already in this group.", "They’re all in this group already.", len(people))
    names = ", ".join(person.name for person in added)
    return ngettext("%(names)s was added.", "%(names)s were added.", len(added)) % {"names": names}
