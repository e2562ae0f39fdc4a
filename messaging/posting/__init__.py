"""Writing messages: the batching writer and the actions."""
