"""Finds the preview of each link of a message, or creates one, so that a page is requested once for everyone."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from messaging.link_previews.urls import parse, to_url
from messaging.models import LinkPreview, MessageLink
from outbound.guard import Destination

PIECE = 50
MAX_WAITING = 100  # pages to be requested for a user; further links get no preview
UNCLAIMED_FOR = timedelta(days=1)


def is_any_left() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return _left().exists()


@transaction.atomic
def look_up_some() -> bool:
    """Assign previews to some links. Return whether there were any."""
    links = list(_left().select_related("message__room").select_for_update(skip_locked=True, of=("self",))[:PIECE])
    pages = {link.pk: page for link in links if _is_wanted(link) and (page := parse(link.url)) is not None}
    current = _lock_current({to_url(page) for page in pages.values()})
    missing = {to_url(pages[link.pk]): link for link in reversed(links) if link.pk in pages}
    missing = {url: link for url, link in missing.items() if url not in current}
    if missing:
        _create(missing, {link.pk: pages[link.pk] for link in missing.values()})
        current |= _lock_current(missing)
    for link in links:
        link.preview = current.get(to_url(pages[link.pk])) if link.pk in pages else None
        link.is_pending = link.preview is not None
    MessageLink.objects.bulk_update(links, ["preview", "is_pending"])
    return bool(links)


def _left() -> "QuerySet[MessageLink]":
    return MessageLink.objects.filter(is_pending=True, preview=None).order_by("pk")


def _is_wanted(link: MessageLink) -> bool:
    """Return whether the room still shows previews. A message that waited for a day, with the site off, gets none."""
    message = link.message
    return message.room.shows_link_previews and message.created_at > timezone.now() - UNCLAIMED_FOR


def _lock_current(urls: Collection[str]) -> dict[str, LinkPreview]:
    """Return the current previews by their URLs, and set aside those that have expired."""
    locked = LinkPreview.objects.select_for_update().filter(url__in=urls, is_current=True).order_by("pk")
    found = list(locked)
    now = timezone.now()
    expired = [each.pk for each in found if each.expires_at is not None and each.expires_at <= now]
    if expired:
        LinkPreview.objects.filter(pk__in=expired).update(is_current=False)
    return {each.url: each for each in found if each.pk not in expired}


def _create(missing: dict[str, MessageLink], pages: dict[int, Destination]) -> None:
    """Create previews for URLs, except for users who have too many waiting. Another process may have done so, too."""
    left = {user_id: MAX_WAITING - _count_waiting(user_id) for user_id in _senders(missing)}
    created = []
    for url, link in sorted(missing.items()):
        user_id = link.message.sender_id
        if left[user_id] > 0:
            left[user_id] -= 1
            host = pages[link.pk].host[:255]
            posted_at = link.message.created_at
            created.append(LinkPreview(url=url, host=host, requested_by_id=user_id, due_at=posted_at))
    LinkPreview.objects.bulk_create(created, ignore_conflicts=True)


def _senders(links: dict[str, MessageLink]) -> set[int]:
    return {link.message.sender_id for link in links.values()}


def _count_waiting(user_id: int) -> int:
    return LinkPreview.objects.filter(due_at__isnull=False, requested_by=user_id).count()
