"""Mark rooms to which someone else added the user."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rooms", "0008_sections")]

    operations = [
        migrations.AddField(model_name="membership", name="is_new", field=models.BooleanField(default=False)),
    ]
