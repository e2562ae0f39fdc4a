"""Compare usernames by their skeletons. Of accounts whose names already look alike, only the oldest gets one."""

from django.db import migrations, models
from django.db.models import Q

from accounts import usernames
from accounts.unicode import visibility


def compare_usernames(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects
    seen = {""}
    for pk, key, username, deleted_at in users.order_by("pk").values_list(
        "pk", "username_key", "username", "deleted_at"
    ):
        skeleton = usernames.skeleton(key if deleted_at else username)
        if skeleton not in seen and key != usernames.of_deleted(pk):
            users.filter(pk=pk).update(username_skeleton=skeleton)
        seen.add(skeleton)


def clean_display_names(apps, schema_editor):
    """Remove invisible characters. A display name without visible ones is replaced by the username."""
    users = apps.get_model("accounts", "User").objects
    for pk, name in users.exclude(display_name="").values_list("pk", "display_name"):
        cleaned = " ".join(visibility.cleaned(name).split())
        if (cleaned := "" if visibility.is_blank(cleaned) else cleaned) != name:
            users.filter(pk=pk).update(display_name=cleaned)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_email_queue")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="username_skeleton",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=320),
        ),
        migrations.RunPython(compare_usernames, migrations.RunPython.noop),
        migrations.RunPython(clean_display_names, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=~Q(username_skeleton=""),
                fields=("username_skeleton",),
                name="user_skeleton_once",
                violation_error_message="That username looks too much like an existing one.",
            ),
        ),
    ]
