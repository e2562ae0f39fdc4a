"""ASGI lifespan: start the engine before the first request, and stop it after the last."""

from asgiref.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    LifespanShutdownCompleteEvent,
    LifespanStartupCompleteEvent,
    Scope,
)

from messaging.runtime import engine


async def lifespan(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await engine.start()
            await send(LifespanStartupCompleteEvent(type="lifespan.startup.complete"))
        elif message["type"] == "lifespan.shutdown":
            await engine.stop()
            await send(LifespanShutdownCompleteEvent(type="lifespan.shutdown.complete"))
            return
