"""The password hasher."""

from django.contrib.auth import hashers


class Argon2PasswordHasher(hashers.Argon2PasswordHasher):
    """Uses one thread instead of eight, which take the same CPU time but would delay everyone's pages."""

    parallelism = 1
