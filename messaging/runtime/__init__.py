"""Services beside the requests: the engine, client sessions, commands and reconciliation."""
