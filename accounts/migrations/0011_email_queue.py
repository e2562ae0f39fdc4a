import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_labels"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueuedEmail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sender", models.TextField()),
                ("recipients", models.JSONField()),
                ("content", models.BinaryField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "verbose_name": "queued email",
                "verbose_name_plural": "queued emails",
                "indexes": [models.Index(fields=["due_at"], name="queued_email_due_at")],
            },
        ),
    ]
