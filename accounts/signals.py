"""Signals about people, for the apps that accounts doesn't know.

user_registered(sender=User, user, invitation=None): a person registered; inside the transaction.
invitation_accepted(sender=User, user, invitation): an existing member followed an invitation; inside the transaction.
    A receiver returns True if the person joined a room by it. If none does, the invitation isn't used up.
room_names_requested(sender, user, room_ids): a receiver returns {id: name} of the rooms that `user` may see, or that
    admins may see if `user` is None.
account_deleting(sender=User, user, with_messages): at the start of the deletion's transaction. Receivers delete their
    data about the person, and with `with_messages` also the person's messages.
profile_changed(sender=User, user): the name, avatar or status changed; after the write, inside the transaction.
avatar_discarded(sender=User, name): the stored file isn't used any more; inside the transaction. A receiver deletes the
    file after the commit, and again later if that fails.
sessions_ended(sender=User, user, session_keys=() or keep=None): the sockets of these sessions must close: those of
    `session_keys`, or without any, all of the person's but those of the session `keep`.
"""

from django.dispatch import Signal

user_registered = Signal()
invitation_accepted = Signal()
room_names_requested = Signal()
account_deleting = Signal()
profile_changed = Signal()
avatar_discarded = Signal()
sessions_ended = Signal()
