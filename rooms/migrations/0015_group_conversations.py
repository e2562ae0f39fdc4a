"""Add group conversations, which have a key like direct rooms, and the event of one that becomes a private room."""

from django.db import migrations, models
from django.db.models import Q

CONVERSATIONS = ["direct", "group"]


class Migration(migrations.Migration):
    dependencies = [("rooms", "0014_section_positions")]

    operations = [
        migrations.RemoveConstraint(model_name="room", name="room_direct_has_key"),
        migrations.AlterField(
            model_name="room",
            name="kind",
            field=models.CharField(
                choices=[
                    ("public", "Public"),
                    ("private", "Private"),
                    ("direct", "Direct message"),
                    ("group", "Group conversation"),
                ],
                default="public",
                max_length=7,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="direct_key",
            field=models.CharField(editable=False, max_length=200, null=True, unique=True),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=Q(kind__in=CONVERSATIONS, direct_key__isnull=False)
                | (~Q(kind__in=CONVERSATIONS) & Q(direct_key__isnull=True)),
                name="room_conversation_has_key",
            ),
        ),
        migrations.AlterField(
            model_name="roomevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("joined", "Joined"),
                    ("added", "Added"),
                    ("left", "Left"),
                    ("removed", "Removed"),
                    ("renamed", "Renamed"),
                    ("topic", "Topic changed"),
                    ("visibility", "Visibility changed"),
                    ("archived", "Archived"),
                    ("unarchived", "Unarchived"),
                    ("pinned", "Message pinned"),
                    ("converted", "Made a private room"),
                ],
                max_length=10,
            ),
        ),
    ]
