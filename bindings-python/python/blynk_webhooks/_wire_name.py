"""The base of the vocabularies: members that are strings."""

from enum import Enum


class WireName(str, Enum):
    """A member that equals, and prints as, its name on the wire."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
