"""Formats sizes with decimal units and three significant digits, exactly as static/js/format/sizes.js does."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy, ngettext

DIGITS = 3
# The unit that is used from this many bytes on.
UNITS = (
    (10**12, gettext_lazy("%(number)s TB")),
    (10**9, gettext_lazy("%(number)s GB")),
    (10**6, gettext_lazy("%(number)s MB")),
    (10**3, gettext_lazy("%(number)s kB")),
)


def format_size(size: int) -> str:
    """Return a size in the active language, such as '3.41 MB', '100 MB' or '312 bytes'."""
    rounded = _round(size)
    for divisor, text in UNITS:
        if rounded >= divisor:
            number = (rounded / divisor).normalize()
            decimals = max(0, -int(number.as_tuple().exponent))
            return str(text) % {"number": number_format(number, decimals, use_l10n=True, force_grouping=True)}
    return ngettext("%(number)s byte", "%(number)s bytes", size) % {"number": size}


def _round(size: int) -> Decimal:
    """Round to three significant digits first: 999,999 bytes are 1 MB, and not 1,000 kB."""
    number = Decimal(size)
    return number.quantize(Decimal(1).scaleb(max(0, number.adjusted() + 1 - DIGITS)), ROUND_HALF_UP)
