"""What happens to rooms, told to the apps that rooms does not know.

room_deleting(sender=Room, room): inside the transaction, the room's row held; receivers delete what they keep of it.
"""

from django.dispatch import Signal

room_deleting = Signal()
