"""Message search.

tokens: splits text into the tokens that both databases index.
query, dates: parse a search as it was typed. Every text is a query.
entry, file_texts: the tokens of a message and its files: words, and facts such as the room and the author.
vocabulary: the words that occur, for beginnings and parts of words.
engines: the index, in FTS5 of SQLite or GIN of PostgreSQL. expression: what it can look up.
index: writes the index, in the transaction that changes the messages.
backfill: indexes existing messages in the background.
names, plan: the people and rooms that a query names; the query as an index lookup, with a description of each term.
conditions: what the database checks of the messages found.
find, ranking, highlights: reads a page of results, newest first or best first, and the words to mark in them.
"""
