"""Uploads: files on their way, from the first byte until they can be posted."""
