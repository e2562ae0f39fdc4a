"""What happens to people, told to the apps that accounts does not know.

user_registered(sender=User, user, invitation=None): inside the registration's transaction.
invitation_accepted(sender=User, user, invitation): an existing member followed an invitation; inside its transaction.
    A receiver returns True when the person came in somewhere by it; when none does, the invitation is not used up.
room_names_requested(sender, user, room_ids): a receiver returns {id: name} of those that this person may see, or, where
    `user` is None, that may be named to the staff.
account_deleting(sender=User, user, with_messages): inside its transaction, before anything else of it. Whoever keeps
    what belongs to a person lets go of it; `with_messages`: also of what they wrote.
profile_changed(sender=User, user): the name or the picture that others see; after the write, inside its transaction.
avatar_discarded(sender=User, name): nobody shows the stored file of this name any more; inside the transaction. A
    receiver sees to it that it goes, whatever happens.
sessions_ended(sender=User, user, session_keys=() or keep=None): sockets that depended on these sessions must close.
    With `session_keys` exactly those, else all of the person's but those of the session `keep`.
"""

from django.dispatch import Signal

user_registered = Signal()
invitation_accepted = Signal()
room_names_requested = Signal()
account_deleting = Signal()
profile_changed = Signal()
avatar_discarded = Signal()
sessions_ended = Signal()
