"""People: users, invitations, connections."""
