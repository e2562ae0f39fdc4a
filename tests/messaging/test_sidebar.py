"""The rows of the sidebar in the chat page's first HTML."""

import re

from messaging.web.sidebar import MAX_ROWS, Sidebar, render_sidebar


def room(pk: int, name: str, **fields) -> dict:
    peer = fields.pop("peer", None)
    return {
        "id": pk,
        "name": name,
        "kind": "direct" if peer else "public",
        "url": f"/rooms/{pk}/",
        "unread": 0,
        "unread_mentions": 0,
        "muted": False,
        "archived_at": None,
        "is_default": False,
        "last_at": None,
        "peer": peer,
        **fields,
    }


def names(html: str) -> list[str]:
    return re.findall(r"<bdi[^>]*>([^<]*)</bdi>", html)


def test_rooms_are_in_the_order_of_the_script():
    rooms = [
        *(
            room(1, "Zebra"),
            room(2, "éclair"),
            room(3, "Attic", archived_at="2026"),
            room(4, "Room 10"),
            room(5, "Room 9"),
        ),
        *(room(6, "Everyone", is_default=True), room(7, "Quiet", unread=4, muted=True), room(8, "New", unread=1)),
        *(room(10 + n, name, last_at=at, peer={"id": n, "name": name, "avatar": None}) for n, name, at in PEOPLE),
        room(9, "Mine", is_favorite=True),
    ]
    found = render_sidebar(rooms, None, "")
    assert names(found.unread_rows) == ["New"]
    assert names(found.favorite_rows) == ["Mine"]
    assert names(found.room_rows) == ["Everyone", "éclair", "Quiet", "Room 9", "Room 10", "Zebra", "Attic"]
    assert names(found.people_rows) == ["Mira", "Ana", "Yuki"]


PEOPLE = [(1, "Ana", "2026-11-01"), (2, "Mira", "2026-11-20"), (3, "Yuki", None)]


def test_preferences_come_from_the_cookie():
    rooms = [room(1, "A", last_at="2026-01"), room(2, "B", last_at="2026-02", unread=1)]
    found = render_sidebar(rooms, None, "activity.mixed.fold-rooms.fold-people")
    assert names(found.room_rows) == ["B", "A"]
    assert found.folded == "rooms people"


def test_cookie_of_an_attacker_changes_nothing():
    found = render_sidebar([room(1, "A")], None, 'fold-"><script>alert(1)</script>.fold-' + "x" * 100)
    assert found.folded == ""


def test_names_are_escaped():
    peer = {"id": 1, "name": "<b>", "avatar": '/x"onerror="'}
    found = render_sidebar([room(1, "<script>"), room(2, "<i>", peer=peer)], None, "")
    html = "".join(found)
    assert "<script>" not in html and "<i>" not in html and 'x"onerror' not in html


def test_number_of_rows_is_limited():
    rooms = [room(n, f"Room {n}", unread=n % 2) for n in range(1000)]
    found: Sidebar = render_sidebar(rooms, None, "")
    assert sum(len(names(html)) for html in found[:4]) == MAX_ROWS


def test_new_rooms_are_marked_and_among_the_unread_ones():
    found = render_sidebar([room(1, "Old"), room(2, "Added", is_new=True)], None, "")
    assert names(found.unread_rows) == ["Added"]
    [hidden] = re.findall(r'class="row__new"[^>]*>', found.room_rows)
    [shown] = re.findall(r'class="row__new"[^>]*>', found.unread_rows)
    assert (" hidden" in hidden, " hidden" in shown) == (True, False)


OWN = [{"id": 7, "name": "Projects"}, {"id": 8, "name": "<i>clients"}]


def test_own_sections_are_in_their_order():
    rooms = [
        *(room(1, "Zebra", section=7), room(2, "Attic", section=7), room(3, "Room 3", section=8)),
        *(room(4, "Deleted section", section=99), room(5, "Mine", section=7, is_favorite=True)),
        *(
            room(6, "New", section=7, unread=1),
            room(9, "Ana", section=8, peer={"id": 1, "name": "Ana", "avatar": None}),
        ),
    ]
    found = render_sidebar(rooms, None, "fold-own-7.fold-own-99", OWN)
    assert names(found.own_sections) == ["Projects", "Attic", "Zebra", "&lt;i&gt;clients", "Ana", "Room 3"]
    assert re.findall(r'data-fold="(.*?)" aria-expanded="(.*?)"', found.own_sections) == [
        ("own-7", "false"),
        ("own-8", "true"),
    ]
    assert names(found.room_rows) == ["Deleted section"]
    assert names(found.favorite_rows) == ["Mine"]
    assert names(found.unread_rows) == ["New"]


def test_rows_in_own_sections_count_towards_the_limit():
    rooms = [room(n, f"Room {n}", section=[7, None][n % 2]) for n in range(500)]
    found = render_sidebar(rooms, None, "", OWN)
    assert len(names(found.own_sections)) == MAX_ROWS + len(OWN)
    assert names(found.room_rows) == []
