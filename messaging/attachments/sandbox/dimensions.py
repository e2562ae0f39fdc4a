"""The dimensions of rendered images."""

THUMBNAIL = (800, 600)
DISPLAY = (2560, 2560)


def fit_size(size: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which an image of `size` fits into `box`, which is never larger than `size`."""
    scale = min(box[0] / size[0], box[1] / size[1], 1.0)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
