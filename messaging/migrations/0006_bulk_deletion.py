"""Resumable bulk deletion, also for moderators: a job for each room instead of one for each deleted account."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def convert_erasures(apps, schema_editor):
    """Start a job for every room in which a deleted account still has messages."""
    erasures, jobs, messages = (
        apps.get_model("messaging", name).objects for name in ("Erasure", "BulkDeletion", "Message")
    )
    for erasure in erasures.all():
        posted = messages.filter(sender=erasure.sender_id, deleted_at=None).values_list("room", flat=True)
        jobs.bulk_create(jobs.model(sender_id=erasure.sender_id, room_id=room_id) for room_id in posted.distinct())


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_attachments"),
        ("rooms", "0004_bans_and_posting"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkDeletion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(null=True)),
                ("until_seq", models.PositiveBigIntegerField(null=True)),
                ("done_seq", models.PositiveBigIntegerField(default=0)),
                (
                    "sender",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bulk_deletions", to="rooms.room"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(convert_erasures, migrations.RunPython.noop),
        migrations.DeleteModel(name="Erasure"),
    ]
