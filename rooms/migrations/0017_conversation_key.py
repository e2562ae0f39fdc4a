"""Rename the key of conversations, which direct rooms and groups have, and the field in the constraint on it."""

from django.db import migrations, models
from django.db.models import Q

CONVERSATIONS = ["direct", "group"]


class Migration(migrations.Migration):
    dependencies = [("rooms", "0016_notification_level")]

    operations = [
        migrations.RemoveConstraint(model_name="room", name="room_conversation_has_key"),
        migrations.RenameField(model_name="room", old_name="direct_key", new_name="conversation_key"),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=CONVERSATIONS, conversation_key__isnull=False)
                | (~Q(kind__in=CONVERSATIONS) & Q(conversation_key__isnull=True)),
                name="room_conversation_has_key",
            ),
        ),
    ]
