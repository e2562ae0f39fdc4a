"""Bots: accounts of programs, which belong to a person or to the site."""
