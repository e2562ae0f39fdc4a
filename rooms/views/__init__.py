"""Pages and JSON endpoints for rooms."""
