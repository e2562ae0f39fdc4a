"""Creating accounts: validation, CSV import, invites, first-run setup."""
