"""API requests that created something, which can be repeated without creating anything twice."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotentRequest(models.Model):
    """A request with a `client_id`, and the response to it.

    digest: the SHA-256 of the endpoint and the parameters.
    response: in JSON, without secrets.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="idempotent_requests", db_index=False
    )
    client_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    response = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="idempotent_request_once")]

    def __str__(self) -> str:
        return str(self.client_id)
