"""Words that end in a full stop without ending their sentence."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The abbreviations of one language, lower-case and without their last full stop.

    `opening` never end a sentence (Dr., z.B.), `numbering` do not before a number (No. 5), `closing` do where what
    follows begins like a sentence (etc., p.m.). `ordinal_openers` are words after which a number with a full stop is an
    ordinal (German "am 3."), `ordinal_nouns` such before which it is one (3. Mai); before one of the
    `house_nouns` it is where a predicate follows (2. Tür ist offen) and not in a list of things to do. All are empty
    where ordinals take no stop.
    """

    opening: frozenset[str] = frozenset()
    numbering: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    ordinal_openers: frozenset[str] = frozenset()
    ordinal_nouns: frozenset[str] = frozenset()
    house_nouns: frozenset[str] = frozenset()
    predicates: frozenset[str] = frozenset()

    def make_ordinal(self, after: str) -> bool:
        """Whether what follows a number with a full stop makes an ordinal of it."""
        noun, predicate = (*_WORD.findall(after.lower())[:2], "", "")[:2]
        return noun in self.ordinal_nouns or (noun in self.house_nouns and predicate in self.predicates)


def words(text: str) -> frozenset[str]:
    """The words of a text as a set, for tables that read well."""
    return frozenset(text.split())


COMMON = Abbreviations(
    opening=words("dr prof mr mrs ms st vs ca bzw resp e.g i.e ing dipl cf"),
    numbering=words("no nr nº núm fig vol pp art tel"),
    closing=words("etc a.m p.m inc ltd co corp u.s u.k"),
)
"""What people write in any language, for languages without a table of their own."""
