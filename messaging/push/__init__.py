"""Web Push: notifications on devices on which the site isn't open."""
