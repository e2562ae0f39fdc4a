"""HTTP requests to other servers, whose addresses come from people: the only place from which they are sent."""
