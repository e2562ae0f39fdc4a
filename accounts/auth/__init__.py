"""Authentication, sessions and their revocation."""
