"""Who is online: tracking of connections, people's availability and their activity."""
