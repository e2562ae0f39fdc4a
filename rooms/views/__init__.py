"""Pages and JSON endpoints of rooms."""
