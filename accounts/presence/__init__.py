"""Who is online: the tracker, availability and activity."""
