"""Stop the bots of people who are suspended."""

from django.db import migrations, models


def stop_bots(apps, schema_editor):
    working = apps.get_model("accounts", "User").objects.filter(is_active=True, owner__is_active=False)
    working.update(is_active=False, is_stopped_with_owner=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0024_email_purpose"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_stopped_with_owner",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(stop_bots, migrations.RunPython.noop, elidable=True),
    ]
