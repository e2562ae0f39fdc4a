"""Messages that are written now and posted later, exactly once.

Each has a `client_id`, by which a repeated post is recognized, and the transaction that posts it deletes its row. Every
server process looks for messages that are due. Before it posts some of them, it postpones their next attempt, so that
no other process tries at the same time, and none is lost if the process dies.
"""
