"""Receiving files before they are posted."""
