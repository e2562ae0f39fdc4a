"""`python -m tests.faults.schedule COUNT ROOM…`: schedule messages in these rooms for now, or with COUNT 0, print how many are left."""

import sys
import uuid

import django


def schedule(count: int, room_ids: list[int]) -> None:
    from django.utils import timezone

    from messaging.models import ScheduledMessage
    from rooms.models import Membership

    members = list(Membership.objects.filter(room__in=room_ids))
    now = timezone.now()
    ScheduledMessage.objects.bulk_create(
        ScheduledMessage(
            sender_id=members[number % len(members)].user_id,
            room_id=members[number % len(members)].room_id,
            client_id=uuid.uuid4(),
            body=f"Scheduled *{number}*",
            post_at=now,
            attempt_at=now,
        )
        for number in range(count)
    )


def count_left(room_ids: list[int]) -> int:
    from messaging.models import ScheduledMessage

    return ScheduledMessage.objects.filter(room__in=room_ids).count()


if __name__ == "__main__":
    django.setup()
    number, rooms = int(sys.argv[1]), [int(each) for each in sys.argv[2:]]
    if number:
        schedule(number, rooms)
    print(count_left(rooms))
