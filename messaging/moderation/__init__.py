"""Reports and bulk deletion."""
