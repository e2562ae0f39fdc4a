"""User accounts, invitations and connections."""
