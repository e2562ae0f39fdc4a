"""Let the choices of an audit event's kind come from the model. Changes no table."""

from django.db import migrations, models

import accounts.models.audit


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_audit_limits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="kind",
            field=models.CharField(choices=accounts.models.audit.audit_kinds, max_length=30, verbose_name="kind"),
        ),
    ]
