"""The demo's users, from around the world, with long and short names in several scripts."""

from collections.abc import Iterator
from itertools import count, product

# (name, display name)
PEOPLE = [
    ("ana", "Ana Brandt"),
    ("mira", "Mira Okafor"),
    ("tomás", "Tomás Lindqvist"),
    ("yuki", "加藤 雪"),
    ("samir", "Samir Rao"),
    ("ليلى", "ليلى الحداد"),
    ("оксана", "Оксана Коваль"),
    ("daniel.cohen", "דניאל כהן"),
    ("wilhelmina", "Wilhelmina-Antoinette van der Berg-Castellanos"),
    ("민준", "김민준"),
    ("ngọc", ""),
    ("amara.diallo", "Amara Diallo"),
]

FIRST = "Ada Bilal Chidi Dalia Emre Freya Goran Hana Idris Jonas Kaia Luca Maren Nadia Oskar Petra Rosa Uma".split()
LAST = "Abe Baker Costa Duarte Eriksen Farouk Garcia Hoang Ivanov Jensen Keller Larsen Moreau Nair Ortiz Petrov".split()


def people(number: int) -> Iterator[tuple[str, str]]:
    """Return `number` pairs of username and display name, which are always the same."""
    endless = _endless()
    return (next(endless) for _ in range(number))


def _endless() -> Iterator[tuple[str, str]]:
    yield from PEOPLE
    for first, last in product(FIRST, LAST):
        yield f"{first}.{last}".lower(), f"{first} {last}"
    for number in count(1):
        yield f"guest{number}", f"Guest {number}"
