"""The index in which people are searched by name."""

from typing import Self

from django.conf import settings
from django.db import models

from accounts.unicode.folding import fold, word_starts

LENGTH = 64  # characters that are compared


def encode(folded: str) -> bytes:
    return folded[:LENGTH].encode()


def parts_of(*names: str) -> dict[bytes, bool]:
    """Return the parts of names that a search can start with, and whether each is the start of a name."""
    parts: dict[bytes, bool] = {}
    for folded in map(fold, names):
        for position in word_starts(folded):
            part = encode(folded[position:])
            parts[part] = parts.get(part, False) or position == 0
    return parts


class NamePartQuerySet(models.QuerySet["NamePart"]):
    def starting_with(self, folded: str) -> Self:
        prefix = encode(folded)
        return self.filter(text__gte=prefix, text__lt=prefix + b"\xff")  # a byte that doesn't occur in UTF-8

    def named(self, folded: str) -> Self:
        """Return the parts that are this whole name."""
        return self.filter(text=encode(folded), is_start=True)

    def index(self, user_id: int, *names: str) -> None:
        """Replace the parts of a user's names."""
        wanted, mine = parts_of(*names), self.filter(user=user_id)
        indexed = {bytes(text): is_start for text, is_start in mine.values_list("text", "is_start")}
        if wanted != indexed:
            mine.delete()
            self.bulk_create(self.model(user_id=user_id, text=text, is_start=wanted[text]) for text in wanted)


class NamePart(models.Model):
    """A username or display name, folded, from the start of one of its words to its end.

    A name is found if a part starts with the words that are searched for. The text is binary because bytes are compared
    in the same way by every database, so the index serves prefixes whatever the collation.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="name_parts", db_index=False)
    text = models.BinaryField()
    is_start = models.BooleanField()

    objects = NamePartQuerySet.as_manager()

    class Meta:
        # For `index`, and to test whether a person is found by another word.
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="name_part_once")]
        indexes = [models.Index(fields=["text", "user"], name="name_part_prefix")]

    def __str__(self) -> str:
        return f"part of the name of {self.user_id}"
