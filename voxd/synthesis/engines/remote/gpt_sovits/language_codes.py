"""What GPT-SoVITS calls languages."""

import re

from voxd.errors import BadRequestError

_CODES = {"zh": "zh", "cmn": "zh", "yue": "yue", "en": "en", "ja": "ja", "ko": "ko"}
_CANTONESE = ("zh-yue", "zh-hk", "zh-mo")
_OF_VERSION_1 = ("zh", "en", "ja")
_ANY = ("", "und", "mul")
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")


def code(language: str, text: str, version: str = "") -> str:
    """The code for a text in a language, which is a BCP 47 tag; `version` is the server's model, empty if not known.

    zh, ja, ko and yue read English words in the text too, en reads nothing else. Where the text has letters of
    another script it is auto (auto_yue), with which the server finds out word by word. Raises BadRequestError.
    """
    if language.lower() in _ANY:
        return "auto"
    plain = spoken(language, version)
    if plain is None:
        raise BadRequestError(f'GPT-SoVITS{_shown(version)} does not speak "{language[:32]}" but {_known(version)}')
    if not _is_mixed(plain, text):
        return plain
    return "auto_yue" if plain == "yue" else "auto"


def spoken(language: str, version: str = "") -> str | None:
    """The plain code of a language, None where it is none of GPT-SoVITS's."""
    tag = language.lower().replace("_", "-")
    plain = _CODES.get(tag.partition("-")[0])
    if tag.startswith(_CANTONESE) and version != "v1":
        return "yue"
    return plain if version != "v1" or plain in _OF_VERSION_1 else None


def _is_mixed(plain: str, text: str) -> bool:
    if plain != "ja" and _KANA.search(text):
        return True
    if plain != "ko" and _HANGUL.search(text):
        return True
    return plain in ("en", "ko") and _HAN.search(text) is not None


def _known(version: str) -> str:
    return ", ".join(_OF_VERSION_1 if version == "v1" else ("zh", "en", "ja", "ko", "yue"))


def _shown(version: str) -> str:
    return f" {version}" if version else ""
