"""On which of the two sites a fault is tried."""

import pytest


def on(*short: str, whole: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """`embedded` or `organisation`: those of `short` always, those of `whole` only in the whole form."""
    only = [pytest.param(name, marks=pytest.mark.whole) for name in whole]
    return pytest.mark.parametrize("cluster", [*short, *only], indirect=True)
