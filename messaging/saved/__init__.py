"""Messages that people save for themselves."""
