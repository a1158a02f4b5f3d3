"""The speakers of espeak-ng and their variants, read from the tables that `espeak-ng --voices` prints."""

import re

from voxd.synthesis.engine import Speaker

ROW = re.compile(r"^\s*\d+\s+(?P<name>[A-Za-z0-9-]+)\s+\S+\s+(?P<called>\S+)\s+\S+\s*(?P<others>.*)$")
VARIANT = re.compile(r"!v/([A-Za-z0-9]+)(?= *$)", re.MULTILINE)
OTHER = re.compile(r"\(([A-Za-z0-9-]+) (\d+)\)")
CHINESE = {"cmn": ("zh-CN", "zh"), "cmn-latn-pinyin": ("zh-Latn-pinyin",), "yue": ("zh-HK", "yue")}
"""espeak-ng names the spoken language, everybody else the written one."""
PREFERRED = "en-us"
UNRANKED = 99


def parse(table: str) -> tuple[Speaker, ...]:
    """The speakers by language, the preferred one first of all, and the most usual one of each language first."""
    rows = [match for match in map(ROW.match, table.splitlines()) if match]
    first_of_each = {row["name"]: row for row in reversed(rows)}
    return tuple(_speaker(row) for row in sorted(first_of_each.values(), key=_order))


def variants(table: str) -> frozenset[str]:
    """The names behind the + of a speaker, such as whisper in en-us+whisper, from `espeak-ng --voices=variant`."""
    return frozenset(VARIANT.findall(table))


def tag(name: str) -> str:
    """espeak-ng's name of a language as a BCP 47 tag in its usual case (`en-gb-x-rp` is `en-GB-x-rp`)."""
    language, *rest = name.lower().split("-")
    private = rest.index("x") if "x" in rest else len(rest)
    return "-".join([language, *map(_subtag, rest[:private]), *rest[private:]])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part


def _speaker(row: re.Match[str]) -> Speaker:
    name = row["name"]
    return Speaker(name, CHINESE.get(name) or _languages(row), row["called"].replace("_", " ").strip())


def _languages(row: re.Match[str]) -> tuple[str, ...]:
    """Its own tag, then those of a base language that its own does not show (`nb` speaks `no`)."""
    own = tag(row["name"])
    others = (tag(other) for other, _ in OTHER.findall(row["others"]))
    return (own, *(other for other in others if other.partition("-")[0] != own.partition("-")[0]))


def _order(row: re.Match[str]) -> tuple[bool, str, int, str]:
    name = row["name"]
    base = name.partition("-")[0]
    ranks = {other: int(rank) for other, rank in OTHER.findall(row["others"])}
    return name != PREFERRED, base, 0 if name == base else ranks.get(base, UNRANKED), name
