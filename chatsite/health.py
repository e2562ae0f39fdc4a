"""Answers for whoever watches over the server."""

from chatsite.answers import Application, Receive, Scope, Send, answer

PATH = "/health/live"


class AliveFirst:
    """Answers /health/live by itself: that the process is alive does not hang on a free thread or the database."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PATH:
            await answer(send, 200, "ok\n")
        else:
            await self._application(scope, receive, send)
