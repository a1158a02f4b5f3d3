"""Words that end in a full stop without ending their sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The abbreviations of one language, lower-case and without their last full stop.

    `opening` never end a sentence (Dr., z.B.), `numbering` do not before a number (No. 5), `closing` do where what
    follows begins like a sentence (etc., p.m.). `ordinal_openers` are words after which a number with a full stop is an
    ordinal (German "am 3."), `months` are names before which it is one; both are empty where ordinals take no stop.
    """

    opening: frozenset[str] = frozenset()
    numbering: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    ordinal_openers: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()


def words(text: str) -> frozenset[str]:
    """The words of a text as a set, for tables that read well."""
    return frozenset(text.split())


COMMON = Abbreviations(
    opening=words("dr prof mr mrs ms st vs ca bzw resp e.g i.e ing dipl cf"),
    numbering=words("no nr nº núm fig vol pp art tel"),
    closing=words("etc a.m p.m inc ltd co corp u.s u.k"),
)
"""What people write in any language, for languages without a table of their own."""
