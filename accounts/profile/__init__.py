"""What people say about themselves: avatar, status; and notices for them."""
