"""Chatsite as an app that browsers install: its manifest and its service worker."""
