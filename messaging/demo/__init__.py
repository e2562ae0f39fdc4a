"""A realistic demo site for screenshots, evaluation and load tests, created by `manage.py seed_demo`."""
