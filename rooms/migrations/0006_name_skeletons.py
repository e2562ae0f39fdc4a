"""Compare the names of public rooms by their skeletons. Of names that already look alike, only the oldest gets one."""

from django.db import migrations, models
from django.db.models import Q

from accounts import usernames


def compare_names(apps, schema_editor):
    rooms = apps.get_model("rooms", "Room").objects
    seen = {""}
    for pk, name, kind in rooms.exclude(kind="direct").order_by("pk").values_list("pk", "name", "kind"):
        skeleton = usernames.skeleton(name)
        if kind == "private" or skeleton not in seen:
            rooms.filter(pk=pk).update(name_skeleton=skeleton)
        if kind == "public":
            seen.add(skeleton)


class Migration(migrations.Migration):
    dependencies = [("rooms", "0005_labels")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="name_skeleton",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=320),
        ),
        migrations.RunPython(compare_names, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(
                condition=Q(kind="public") & ~Q(name_skeleton=""),
                fields=("name_skeleton",),
                name="room_public_skeleton_once",
                violation_error_message="There’s already a room with that name, or one that looks like it.",
            ),
        ),
    ]
