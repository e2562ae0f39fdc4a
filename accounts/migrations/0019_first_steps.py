"""Add whether a new site's owner sees the first steps. Existing sites don't show them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_people_filters")]

    operations = [
        migrations.AddField(
            model_name="sitesettings",
            name="shows_first_steps",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
