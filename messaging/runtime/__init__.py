"""What runs beside requests: the engine, sessions and the reconciler."""
