"""Messages."""

from django.db import models


class Message(models.Model):
    room = models.CharField(max_length=80, db_index=True)
    sender = models.CharField(max_length=80)
    body = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "message"

    def __str__(self) -> str:
        return f"message {self.pk} in {self.room}"
