"""Index the names of people for searching."""

from itertools import islice

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.models.name_part import parts_of

BATCH = 500


def index_names(apps, schema_editor):
    NamePart = apps.get_model("accounts", "NamePart")
    people = apps.get_model("accounts", "User").objects.filter(deleted_at=None)
    named = people.values_list("pk", "username", "display_name").iterator(BATCH)
    for batch in iter(lambda: list(islice(named, BATCH)), []):
        parts = ((pk, *part) for pk, *names in batch for part in parts_of(*names).items())
        NamePart.objects.bulk_create(
            [NamePart(user_id=pk, text=text, is_start=is_start) for pk, text, is_start in parts], BATCH
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_time_zone")]

    operations = [
        migrations.CreateModel(
            name="NamePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.BinaryField()),
                ("is_start", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_parts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "text"), name="name_part_once")],
                "indexes": [models.Index(fields=["text", "user"], name="name_part_prefix")],
            },
        ),
        migrations.RunPython(index_names, migrations.RunPython.noop),
    ]
