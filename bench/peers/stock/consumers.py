"""The tutorial's consumer, extended to store each message and acknowledge it to its sender."""

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from bench.peers.stock.models import Message


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        arguments = self.scope["url_route"]["kwargs"]
        self.room, self.name = arguments["room"], arguments["name"]
        self.group = f"chat_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        post = json.loads(text_data or "")
        message = await self.store(post["body"])
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})
        await self.send(text_data=json.dumps({"ref": post["ref"], "id": message["id"]}))

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["message"]))

    @database_sync_to_async
    def store(self, body: str) -> dict[str, Any]:
        message = Message(room=self.room, sender=self.name, body=body)
        message.save()
        return {
            "id": message.pk,
            "room": self.room,
            "sender": self.name,
            "body": body,
            "at": message.at.isoformat(),
        }
