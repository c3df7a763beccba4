"""The base of the vocabularies: members that are strings."""

from enum import Enum


class WireName(str, Enum):
    """A member that equals, and prints as, its name on the wire."""

    __str__ = str.__str__
    __format__ = str.__format__
