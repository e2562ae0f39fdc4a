"""A believable site for screenshots, trying out and load; made by `manage.py seed_demo`."""
