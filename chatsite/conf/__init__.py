"""Reading settings from the environment."""
