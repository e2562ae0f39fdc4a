"""Index audit events for the limits per user and hour (accounts/audit/limits.py)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_username_skeletons"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="actor",
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("logged in", "Logged in"),
                    ("login failed", "Login failed"),
                    ("logged out", "Logged out"),
                    ("password changed", "Password changed"),
                    ("account deleted", "Account deleted"),
                    ("person changed", "Account changed"),
                    ("invited", "Invite link created"),
                    ("suspended", "Suspended"),
                    ("restored", "Reinstated"),
                    ("disconnected", "Disconnected"),
                    ("blocked", "Person blocked"),
                    ("room made", "Room created"),
                    ("room opened", "Direct message opened"),
                    ("room changed", "Room changed"),
                    ("room archived", "Room archived"),
                    ("room reopened", "Room unarchived"),
                    ("room deleted", "Room deleted"),
                    ("joined", "Room joined"),
                    ("left", "Room left"),
                    ("added", "Member added"),
                    ("removed", "Member removed"),
                    ("banned", "Member banned"),
                    ("role changed", "Role changed"),
                    ("message deleted", "Message deleted"),
                    ("report handled", "Report resolved"),
                    ("exported", "Data exported"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor", "kind", "at"], name="audit_actor"),
        ),
    ]
