"""Add favorite rooms, and direct rooms that are closed until the next message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rooms", "0006_name_skeletons")]

    operations = [
        migrations.AddField(model_name="membership", name="is_favorite", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="membership", name="closed_seq", field=models.PositiveBigIntegerField(null=True)
        ),
    ]
