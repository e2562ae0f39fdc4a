"""A server of the Model Context Protocol, with which AI agents use a person's account, within the rights of a token."""
