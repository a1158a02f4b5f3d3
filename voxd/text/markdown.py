"""Markdown, as language models write it, reduced to the words in it."""

import re

from voxd.text.abbreviations import COMMON, Abbreviations

_FENCED = re.compile(r"(?:```|~~~)[^`~]*+(?:```|~~~)")
_FENCE_LINE = re.compile(r"^\s*(?:```|~~~)\s*[\w+-]*\s*$")
_TABLE_RULE = re.compile(r"^[\s:|-]*+$")
_LINE_LEAD = re.compile(
    r"^\s*+(?:>+(?:\s+|(?=[^\W\d]|[*#_`])))*+(?:#{1,6}\s+|[-*+•‣▪●◦·]\s+(?:\[[ xX]\]\s*)?|\[[ xX]\]\s+)?"
)
_LIST_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+(?=[^\W\d_])(?![a-zäöüß])")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((?:[^()\s]{0,500})(?:\s+[\"'][^\"'\n]{0,200}[\"'])?\)")
_REFERENCE = re.compile(r"!?\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,100}\]")
_AUTO_LINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,500})>")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>]{0,300})?/?>")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|~>-])")
_STARS = re.compile(r"\*++(?!(?<=[0-9]\*) ?[0-9])(?!(?<=[0-9] \*) ?[0-9])")
"""Asterisks that do not multiply two numbers."""
_LINES = re.compile(r"(?<![^\W_])_++|_++(?![^\W_])")
_MARKS = re.compile(r"`+|~~+|\|\|+|==+")
_SIGNS_OF_MARKDOWN = re.compile(r"[`*_~#>|\[\]<\\=•‣▪●◦·-]|^\s*\d{1,3}[.)]")


def without_markdown(text: str, abbreviations: Abbreviations = COMMON) -> str:
    """The words of a text in Markdown: link texts instead of addresses, no marks, table cells as a list.

    A numbered list's "1. " becomes "1: ", unless the language makes an ordinal of it ("1. Mai").
    """
    if not _SIGNS_OF_MARKDOWN.search(text):
        return text
    text = _FENCED.sub(" ", text)
    return " ".join(filter(None, (_line(line, abbreviations) for line in text.splitlines())))


def _line(line: str, abbreviations: Abbreviations) -> str:
    if _FENCE_LINE.match(line) or _TABLE_RULE.match(line):
        return ""
    line = _ESCAPE.sub(r"\1", line)
    line = _LINE_LEAD.sub("", line, count=1)
    number = _LIST_NUMBER.match(line)
    if number and not abbreviations.make_ordinal(line[number.end() :]):
        line = f"{number[1]}: {line[number.end() :]}"
    line = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", line))
    line = _TAG.sub(" ", _AUTO_LINK.sub(r"\1", line))
    line = _MARKS.sub("", _LINES.sub("", _STARS.sub("", line)))
    return _cells(line) if line.lstrip().startswith("|") else line


def _cells(row: str) -> str:
    return ", ".join(cell for cell in map(str.strip, row.split("|")) if cell)
