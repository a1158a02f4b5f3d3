"""Symbols and codes of money."""

import re

from voxd.text.abbreviations import words

SYMBOLS = {
    "US$": "USD",
    "R$": "BRL",
    "A$": "AUD",
    "C$": "CAD",
    "HK$": "HKD",
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "￥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₴": "UAH",
    "zł": "PLN",
    "Kč": "CZK",
    "CN¥": "CNY",
    "₪": "ILS",
    "₫": "VND",
    "₿": "BTC",
}
CODES = words(
    "EUR USD GBP JPY CHF CNY AUD CAD NZD SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH INR KRW BRL MXN ZAR SGD HKD"
)


def _alternatives(symbols: set[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(symbols, key=lambda word: (-len(word), word)))


BEFORE = rf"(?:{_alternatives({*SYMBOLS, *CODES} - {'zł', 'Kč'})})"
"""What stands before an amount."""
AFTER = rf"(?:{_alternatives({*SYMBOLS, *CODES})})(?![A-Za-zÀ-ɏ0-9$])"
"""What stands behind an amount."""


def code_of(symbol: str) -> str:
    """The ISO code of a symbol or code."""
    return SYMBOLS.get(symbol, symbol)
