"""The password hasher."""

from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Hashes in one thread. Django's default of eight uses as much CPU time, but leaves less of it for pages."""

    parallelism = 1
