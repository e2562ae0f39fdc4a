"""Add the order of own sections, which have been shown by name so far."""

from typing import Any

from django.db import migrations, models


def number_by_name(apps: Any, schema_editor: Any) -> None:
    sections = apps.get_model("rooms", "RoomSection").objects.using(schema_editor.connection.alias)
    counts: dict[int, int] = {}
    numbered = []
    for section in sections.order_by("user_id", "name_key").only("user_id").iterator():
        section.position = counts[section.user_id] = counts.get(section.user_id, 0) + 1
        numbered.append(section)
    sections.bulk_update(numbered, ["position"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("rooms", "0013_removals")]

    operations = [
        migrations.AddField(
            model_name="roomsection",
            name="position",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterModelOptions(
            name="roomsection",
            options={
                "ordering": ["position", "pk"],
                "verbose_name": "section",
                "verbose_name_plural": "sections",
            },
        ),
        migrations.RunPython(number_by_name, migrations.RunPython.noop, elidable=True),
    ]
