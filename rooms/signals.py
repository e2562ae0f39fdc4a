"""What happens to rooms, told to the apps that rooms does not know.

room_deleting(sender=Room, room): inside the transaction, the room's row held; receivers delete what they keep of it.
room_described(sender=Room, room, viewer): a receiver returns what it has to say of the room in the panel about it, as
    {name: number}; only of what the viewer sees.
"""

from django.dispatch import Signal

room_deleting = Signal()
room_described = Signal()
