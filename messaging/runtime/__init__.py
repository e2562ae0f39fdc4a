"""Services that run alongside requests: the engine, client sessions, commands and reconciliation."""
