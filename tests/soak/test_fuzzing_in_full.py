"""The readers of strangers' bytes against very many inputs: made up by hypothesis, and found by atheris."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzed_readers import HOSTILE, KEYS, READERS
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.soak

PART = float(os.environ.get("SOAK_PART", "1"))
MADE_UP = max(1, round(PART * 20_000))
FOUND = {"wyoming": 2_000_000, "mqtt": 1_000_000, "folder": 200_000, "http": 200_000}
LONGEST_BYTES = 2000
WORDS = (
    *(f'"{key}": ' for key in KEYS),
    *(
        '"describe"',
        '"synthesize"',
        '"synthesize-start"',
        '"authenticate"',
        '"info"',
        '"audio-start"',
        '"alarm"',
        '"*"',
    ),
    *("\\ud800", "1e999", "Infinity", "null", "true", "[]", "{}", "Transfer-Encoding: chunked\r\n", "Host: x\r\n"),
)
"""What inputs are made of, so that what is led by coverage need not find it letter by letter."""
TESTS = Path(__file__).parent.parent
SEEDS = {
    "wyoming": (
        b'{"type": "synthesize", "data_length": 15}\n{"text": "one"}',
        b'{"type": "info", "data": {"tts": [{"voices": []}]}, "payload_length": 2}\nab',
    ),
    "mqtt": (b'{"text": "one", "zones": ["a"], "ttl_s": 5, "priority": "high"}', b'{"siteId": "a", "id": "1"}', b"one"),
    "folder": (b"language: en\nseed: 5\nfallbacks: [a, b]\n",),
    "http": (
        b"POST /say HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none",
        b"GET /status?a=b HTTP/1.1\r\nHost: x\r\n\r\n",
    ),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=MADE_UP, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=HOSTILE)
def test_no_input_that_is_made_up_raises_anything_but_a_refusal(name: str, data: bytes) -> None:
    READERS[name](data)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not made for this machine")
@pytest.mark.parametrize("name", READERS)
def test_no_input_that_is_found_raises_anything_but_a_refusal(name: str, tmp_path: Path) -> None:
    runs = max(1000, round(PART * FOUND[name]))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS[name]):
        (corpus / str(number)).write_bytes(seed)
    words = tmp_path / "words"
    words.write_text("".join(f"{_word(word)}\n" for word in WORDS))
    limits = (
        f"-dict={words}",
        f"-atheris_runs={runs}",
        f"-max_len={LONGEST_BYTES}",
        "-rss_limit_mb=1000",
        "-timeout=60",
        "-seed=77",
    )
    command = (sys.executable, "fuzz_with_atheris.py", name, *limits, f"-artifact_prefix={tmp_path}/", str(corpus))
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    print(f"\n{name}: {runs:,} inputs, none that raised anything but a refusal")


def _word(word: str) -> str:
    """As libFuzzer's dictionaries write it."""
    escaped = "".join(f"\\x{ord(char):02x}" if char in '"\\\r\n' else char for char in word)
    return f'"{escaped}"'
