"""Store excerpts with their messages, because computing them for each reader of a quote is too expensive."""

from itertools import islice

from django.db import migrations, models

from messaging.rendering.excerpt import make_excerpt

CHUNK = 500


def store_excerpts(apps, schema_editor):
    messages = apps.get_model("messaging", "Message").objects
    rendered = messages.exclude(html="").only("html", "excerpt").order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rendered, CHUNK)):
        for message in chunk:
            message.excerpt = make_excerpt(message.html)
        messages.bulk_update(chunk, ["excerpt"])


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_storage_changes")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="excerpt",
            # The database's default lets servers of the previous version post during an upgrade.
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=140),
        ),
        migrations.RunPython(store_excerpts, migrations.RunPython.noop),
    ]
