"""The description that lies beside a Piper model."""

import json
from pathlib import Path

from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

SYMBOLS = 256


def write_description(model: Path, rate_hz: int, length_scale: float) -> None:
    """Write `<model>.json`: an American English voice with one speaker and Piper's own phonemes."""
    description = {
        "audio": {"sample_rate": rate_hz, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US", "family": "en", "region": "US"},
        "dataset": model.stem,
        "inference": {"noise_scale": 0.667, "length_scale": length_scale, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": SYMBOLS,
        "num_speakers": 1,
        "speaker_id_map": {},
    }
    model.with_name(f"{model.name}.json").write_text(json.dumps(description, ensure_ascii=False))
