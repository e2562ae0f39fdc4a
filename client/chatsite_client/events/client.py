"""Events of the client itself."""

from chatsite_client.events.base import Event


class Connected(Event, tag="client.connected"):
    """The connection is up, and `Client.state` is current. `is_first` is false after each reconnect."""

    is_first: bool


class ConnectionLost(Event, tag="client.connection_lost"):
    """The connection was lost. The client tries again in `retry_in` seconds."""

    reason: str
    retry_in: float


class RoomReset(Event, tag="client.room_reset"):
    """Too much has changed in the room while there was no connection: reload what you show of it."""

    room: int


class PostFailed(Event, tag="client.post_failed"):
    """A message in the outbox was refused, and has been removed from it."""

    room: int
    client_id: str
    body: str
    code: str
    detail: str
