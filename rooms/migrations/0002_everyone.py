"""The public room 'Everyone' is there from the first start."""

from django.db import migrations


def create_everyone(apps, schema_editor):
    room = apps.get_model("rooms", "Room")
    room.objects.create(
        kind="public",
        name="Everyone",
        name_key="everyone",
        slug="everyone",
        topic="Announcements and chat for everyone.",
        is_default=True,
    )


class Migration(migrations.Migration):
    dependencies = [("rooms", "0001_initial")]
    operations = [migrations.RunPython(create_everyone, migrations.RunPython.noop)]
