"""Uploads of files, from the first byte until they can be posted."""
