"""The description that lies beside a Piper model; the tests' tiny voices have the same."""

import json
from pathlib import Path
from typing import Any

from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

SYMBOLS = 256


def description(name: str, rate_hz: int, length_scale: float) -> dict[str, Any]:
    """What is told of an American English voice with one speaker and Piper's own phonemes."""
    return {
        "audio": {"sample_rate": rate_hz, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US", "family": "en", "region": "US"},
        "dataset": name,
        "inference": {"noise_scale": 0.667, "length_scale": length_scale, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": SYMBOLS,
        "num_speakers": 1,
        "speaker_id_map": {},
        "piper_version": "1.0.0",
    }


def write_description(model: Path, rate_hz: int, length_scale: float, **others: Any) -> None:
    """Write `<model>.json`; `others` stand in it in place of what is usual."""
    told = description(model.stem, rate_hz, length_scale) | others
    model.with_name(f"{model.name}.json").write_text(json.dumps(told, ensure_ascii=False))
