"""Registration: validation of new accounts, CSV import, pending invitations and the setup code."""
