"""Chatsite that doesn't index messages: `python -m bench.peers.without_search`."""

from chatsite import asgi  # noqa: F401  (sets up Django)
from chatsite.server import main
from messaging.posting import batch

batch.index_messages = lambda messages: None

if __name__ == "__main__":
    main.main()
