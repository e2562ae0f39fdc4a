"""Files in messages: how they come, what they are, who gets them, and how they go."""
