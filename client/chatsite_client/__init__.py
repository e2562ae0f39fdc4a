"""A typed client for Chatsite, on its public protocol alone."""

from chatsite_client.client import Client
from chatsite_client.credentials import Credentials
from chatsite_client.errors import ChatsiteError, Disconnected, LoginRefused, NotStored, Refused, TooSlow, Unreachable
from chatsite_client.login import log_in, log_out
from chatsite_client.models import Attachment, Message, Page, Person, Room
from chatsite_client.sync import SyncClient

__version__ = "0.1.0"

__all__ = [
    "Attachment",
    "ChatsiteError",
    "Client",
    "Credentials",
    "Disconnected",
    "LoginRefused",
    "Message",
    "NotStored",
    "Page",
    "Person",
    "Refused",
    "Room",
    "SyncClient",
    "TooSlow",
    "Unreachable",
    "__version__",
    "log_in",
    "log_out",
]
