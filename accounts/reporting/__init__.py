"""The active-user report and its exports."""
