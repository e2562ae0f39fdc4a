"""Lists the people who appear in events about messages, so that events can be withheld from those who block them."""

from messaging.models import Message, MessageRow, NewMessage
from messaging.reactions.summary import all_users, listed_users

AnyMessage = Message | NewMessage | MessageRow


def people_about(message: AnyMessage) -> tuple[int, ...]:
    """Return the ids of the users in a message's event: the sender, the author of a quote, and those who reacted."""
    quoted = message.reply_to
    people = (message.sender_id,) if quoted is None else (message.sender_id, quoted.sender_id)
    return (*people, *listed_users(message)) if message.reactions else people


def all_people_about(message: AnyMessage) -> tuple[int, ...]:
    """Return the same, but with all users who reacted, even those not listed. This may run a query."""
    return tuple({*people_about(message), *all_users(message)}) if message.reactions else people_about(message)
