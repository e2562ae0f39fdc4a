"""Add the site’s name, logo and registration mode."""

import accounts.models.site_settings
import accounts.usernames
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_name_parts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        max_length=60,
                        validators=[accounts.usernames.validate_display_name],
                        verbose_name="name",
                    ),
                ),
                (
                    "logo",
                    models.ImageField(
                        blank=True, upload_to=accounts.models.site_settings.logo_path, verbose_name="logo"
                    ),
                ),
                (
                    "registration",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open", "Anyone can sign up"),
                            ("invite", "Only people with an invite link"),
                            ("closed", "No one; admins create accounts and invite links"),
                        ],
                        max_length=6,
                        verbose_name="sign-up",
                    ),
                ),
            ],
            options={
                "verbose_name": "site settings",
                "verbose_name_plural": "site settings",
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="site_settings_once")],
            },
        ),
    ]
