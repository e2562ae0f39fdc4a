"""Reading messages: history, changes, events and redaction."""
