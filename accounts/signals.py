"""Signals about users, for apps that accounts doesn't import.

user_registered(sender=User, user, invitation=None): a user registered; sent inside the transaction.
invitation_accepted(sender=User, user, invitation): a registered user accepted an invitation; inside the transaction.
    A receiver returns True if the user joined a room with it. If none does, the invitation isn't used.
room_names_requested(sender, user, room_ids): a receiver returns {id: name} for the rooms that `user` may see or, if
    `user` is None, that admins may see.
account_deleting(sender=User, user, with_messages): sent at the start of the deletion's transaction. Receivers delete
    their data about the user and, if `with_messages`, the user's messages.
profile_changed(sender=User, user): the name, avatar or status changed; sent after the write, inside the transaction.
avatar_discarded(sender=User, name): the stored file is no longer used; sent inside the transaction. A receiver deletes
    the file after the commit, and tries again later if that fails.
sessions_ended(sender=User, user, session_keys=() or keep=None, keeps_tokens=False): the sockets of `session_keys`,
    which may stand for API tokens, must close or, if empty, all of the user's sockets except those of the session
    `keep`. In that case, the user's API tokens are revoked as well, unless `keeps_tokens`.
"""

from django.dispatch import Signal

user_registered = Signal()
invitation_accepted = Signal()
room_names_requested = Signal()
account_deleting = Signal()
profile_changed = Signal()
avatar_discarded = Signal()
sessions_ended = Signal()
