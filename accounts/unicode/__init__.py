"""Unicode properties that determine whether characters are visible, and whether texts look alike (UTS #39)."""
