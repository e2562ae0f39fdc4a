"""Maintain the total of the storage used, and index the limits of a user."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def record_total(apps, schema_editor):
    attachments, changes = (apps.get_model("messaging", name).objects for name in ("Attachment", "StorageChange"))
    if total := attachments.aggregate(total=models.Sum("size"))["total"]:
        changes.create(bytes=total)


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0007_labels"),
        ("rooms", "0005_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StorageChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bytes", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(record_total, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="attachment",
            name="uploader",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attachments",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["uploader", "size"], name="attachment_quota"),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("message__isnull", True)), fields=["uploader"], name="attachment_unposted_of"
            ),
        ),
    ]
