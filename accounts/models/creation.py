"""Requests of programs that created something, so that repeating one creates nothing else."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Creation(models.Model):
    """A request and the response to it.

    client_id: the program's own id of the request.
    digest: of the endpoint and the parameters.
    response: as JSON, without secrets.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="creations", db_index=False)
    client_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    response = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "client_id"], name="created_once")]

    def __str__(self) -> str:
        return str(self.client_id)
