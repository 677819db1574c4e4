"""Whether different people fill the seats that a rule asks for: nobody sits twice, however many roles or keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def empty_seats(wanted: Mapping[str, int], people: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Return role -> seats that stay empty when these people (name -> roles) are seated as well as can be.

    One after the other takes a seat; whoever finds all seats of his roles taken asks those who sit there to move.
    """
    seats = [role for role, number in sorted(wanted.items()) for _ in range(number)]
    taken: dict[int, str] = {}

    def seat(person: str, asked: set[int]) -> bool:
        roles = set(people[person])
        for at, role in enumerate(seats):
            if role in roles and at not in asked:
                asked.add(at)
                if at not in taken or seat(taken[at], asked):
                    taken[at] = person
                    return True
        return False

    for person in sorted(people):
        seat(person, set())
    empty: dict[str, int] = {}
    for at, role in enumerate(seats):
        if at not in taken:
            empty[role] = empty.get(role, 0) + 1
    return empty
