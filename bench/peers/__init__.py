"""What Chatsite is compared with, each a server of its own."""
