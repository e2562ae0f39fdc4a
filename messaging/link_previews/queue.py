"""The queue of pages to request. It is stored in the database.

A process claims some previews, and settles them once it knows what the pages say. If it dies in between, another one
requests them after the lease.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from messaging.link_previews.fetching import Found
from messaging.link_previews.images import StoredImage, keep_image
from messaging.models import LinkPreview

LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 3  # of processes that didn't survive it
FRESH_FOR = timedelta(days=7)
FAILED_FOR = timedelta(hours=1)
PER_USER = 2  # requests at a time
PER_HOST = 2
CANDIDATES = 200


@dataclass
class Busy:
    """The requests that a process is making, counted by users and by hosts."""

    users: Counter[int | None] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)

    def add(self, user_id: int | None, host: str) -> bool:
        """Count a request, unless the user or the host has enough of them. Return whether it is counted."""
        if self.users[user_id] >= PER_USER or self.hosts[host] >= PER_HOST:
            return False
        self.users[user_id] += 1
        self.hosts[host] += 1
        return True

    def remove(self, user_id: int | None, host: str) -> None:
        self.users -= Counter([user_id])  # which drops those that are 0
        self.hosts -= Counter([host])

    def copy(self) -> "Busy":
        return Busy(self.users.copy(), self.hosts.copy())


def is_any_due(busy: Busy) -> bool:
    """Return whether there is anything to claim, without locking the database."""
    return _due(timezone.now(), busy).exists()


@transaction.atomic
def claim(busy: Busy, most: int) -> list[LinkPreview]:
    """Claim up to `most` previews that are due, and count them in `busy`. Users take turns."""
    now, token = timezone.now(), uuid.uuid4()
    chosen = [pk for pk, user_id, host in _in_turns(_candidates(now, busy), busy.users) if busy.add(user_id, host)][
        :most
    ]
    # One that another process has claimed in the meantime isn't due anymore.
    LinkPreview.objects.filter(pk__in=chosen, due_at__lte=now).update(
        claim=token, due_at=now + LEASE, attempts=F("attempts") + 1
    )
    return list(LinkPreview.objects.filter(claim=token).order_by("pk"))


@transaction.atomic
def settle(preview: LinkPreview, found: Found, image: StoredImage | None) -> None:
    """Store what a page says, unless the preview was deleted, or another process has it by now."""
    own = LinkPreview.objects.select_for_update().filter(pk=preview.pk, claim=preview.claim).first()
    if own is None:
        return
    own.title, own.site, own.description = found.title, found.site, found.description
    if image is not None and keep_image(image):
        own.image, own.width, own.height = image
    now = timezone.now()
    own.expires_at = now + (FRESH_FOR if own.title or own.image else FAILED_FOR)
    own.due_at = own.claim = None
    own.save()


def _due(now: datetime, busy: Busy) -> "QuerySet[LinkPreview]":
    full_users = [user_id for user_id, count in busy.users.items() if count >= PER_USER]
    full_hosts = [host for host, count in busy.hosts.items() if count >= PER_HOST]
    return LinkPreview.objects.filter(due_at__lte=now).exclude(requested_by__in=full_users).exclude(host__in=full_hosts)


Candidate = tuple[int, int | None, str]


def _candidates(now: datetime, busy: Busy) -> list[Candidate]:
    """Return the first previews of each user that are due."""
    turn = Window(RowNumber(), partition_by=F("requested_by"), order_by=("due_at", "pk"))
    first = _due(now, busy).annotate(turn=turn).filter(turn__lte=PER_HOST + PER_USER).order_by("turn", "due_at", "pk")
    return list(first.values_list("pk", "requested_by", "host")[:CANDIDATES])


def _in_turns(candidates: list[Candidate], busy: Mapping[int | None, int]) -> list[Candidate]:
    """Sort previews so that users for whom nothing is being requested come first."""
    turns: Counter[int | None] = Counter(busy)
    positions = []
    for each in candidates:
        positions.append(turns[each[1]])
        turns[each[1]] += 1
    return [each for _position, each in sorted(zip(positions, candidates, strict=True), key=lambda pair: pair[0])]
