"""Passwords of the page: hashed with argon2id, one at a time, and never told apart by how long an answer takes."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST, LONGEST = 12, 256  # characters; length is what makes them strong, and an end to what is hashed
_WORTH_NOTHING = (
    "password", "passwort", "kennwort", "motdepasse", "mot de passe", "contraseña", "contrasena", "wachtwoord",
    "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "1234567890", "0123456789", "abcdefghijkl", "qwerty",
    "qwertz", "azerty", "123456789", "12345678", "123456", "12345", "1234", "abcdef", "iloveyou", "letmein", "welcome",
    "willkommen", "bienvenue", "bienvenido", "welkom", "administrator", "admin", "changeme", "secret", "geheim",
)  # fmt: skip
_AS_LETTERS = str.maketrans("@013$5", "aoiess")  # how people disguise a word


class Passwords:
    """May be used from any thread; what is hashed at the same time takes 64 MB each, so it is one after the other."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._one_at_a_time = threading.Lock()
        self._nobodys = self.hash("nobody's")

    def hash(self, password: str) -> str:
        with self._one_at_a_time:
            return self._hasher.hash(password)

    def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password. Without a hash, for a name that nobody has, it takes as long and is not."""
        if len(password) > LONGEST:
            return False
        with self._one_at_a_time:
            try:
                self._hasher.verify(password_hash or self._nobodys, password)
            except (VerifyMismatchError, InvalidHashError):
                return False
        return password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether newer parameters are in use today."""
        return self._hasher.check_needs_rehash(password_hash)


def weakness(name: str, password: str) -> str | None:
    """The key of what is wrong with a password that somebody chooses; None if it will do."""
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    lower = password.lower()
    if len(set(password)) < 4 or any(_left(name, each) < SHORTEST for each in (lower, lower.translate(_AS_LETTERS))):
        return "password_simple"
    return None


def _left(name: str, password: str) -> int:
    """How many characters are left of a password, in lower case, without what everybody would try first."""
    for word in (name.lower(), *_WORTH_NOTHING):
        password = password.replace(word, "") if len(word) > 2 else password
    return len(password)
