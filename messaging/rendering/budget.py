"""A budget for rendering one message."""

WORK = 2_000  # units of about 5 µs


class TooComplex(Exception):
    """Rendering a message takes too much work."""


class Budget:
    """Counts units of work. The same text always takes the same number of units, on any machine."""

    __slots__ = ("work",)

    def __init__(self, work: int = WORK) -> None:
        self.work = work

    def spend(self, work: int) -> None:
        """Subtract units of work. Raises TooComplex if not enough are left."""
        self.work -= work
        if self.work < 0:
            raise TooComplex
