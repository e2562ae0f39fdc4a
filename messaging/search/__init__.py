"""Search of messages.

tokens: splits text into the tokens that both databases index.
query, dates: parse a search as it was typed. Every text is a query.
"""
