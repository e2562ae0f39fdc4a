"""Opens untrusted files in a confined process."""
