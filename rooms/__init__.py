"""Places: rooms and who belongs to them."""
