"""Files of messages: storage, serializers, limits, claims and cleanup."""
