"""Numbers in words: the one home of num2words, which is imported on first use."""

from functools import lru_cache


@lru_cache(maxsize=2048)
def cardinal(number: int, code: str) -> str:
    """A whole number in words of the num2words language `code`."""
    from num2words import num2words

    return str(num2words(number, lang=code))


@lru_cache(maxsize=512)
def ordinal(number: int, code: str) -> str:
    """An ordinal in words, in the form num2words has: masculine, without an ending for case."""
    from num2words import num2words

    return str(num2words(number, lang=code, to="ordinal"))


@lru_cache(maxsize=512)
def year(number: int, code: str) -> str:
    """A year in words as it is read."""
    from num2words import num2words

    return str(num2words(number, lang=code, to="year"))
