"""Stand-in."""


def clean_name(name: str) -> str:
    return name.rpartition("/")[2][:150] or "file"
