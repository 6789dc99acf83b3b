"""Whose number a text message came from."""

import sqlite3

from state.columns import read_list
from state.families import read_families
from state.model import ContactId
from state.phones import mobile_of

_PHONES = "SELECT id, phones, country FROM contact WHERE phones <> '[]' ORDER BY id"


def customers_by_mobile(connection: sqlite3.Connection) -> dict[str, list[ContactId]]:
    """Customers by mobile number (E.164); several may share one. A merged customer's number is its successor's."""
    winner = read_families(connection).winner
    found: dict[str, list[ContactId]] = {}
    for key, phones, country in connection.execute(_PHONES).fetchall():
        number = mobile_of(read_list(phones), country)
        if number and winner(key) not in found.setdefault(number, []):
            found[number].append(winner(key))
    return found
