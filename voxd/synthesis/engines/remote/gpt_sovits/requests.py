"""What GPT-SoVITS is asked for a sentence: the fields of POST /tts."""

from voxd.errors import BadRequestError
from voxd.settings.engines import GptSovitsSettings
from voxd.synthesis.engine import Sentence
from voxd.synthesis.engines.remote.gpt_sovits.language_codes import code, spoken
from voxd.synthesis.engines.remote.gpt_sovits.long_text import speakable
from voxd.synthesis.engines.remote.gpt_sovits.speakers import Prompt

STREAMING_MODES = {"off": 0, "fragments": 1, "tokens": 2, "chunks": 3}
WITH_TRANSCRIPT = ("v3", "v4")
"""Models that must know what their reference clip says."""
_SEEDS = 2**32


def request(sentence: Sentence, prompt: Prompt, settings: GptSovitsSettings, version: str) -> dict[str, object]:
    """The fields. `version` is the server's model, empty if not known. Raises BadRequestError."""
    check_transcript(prompt, version)
    transcript = _transcript(prompt, version)
    text_code = code(sentence.language, sentence.text, version)
    fields: dict[str, object] = {"text_split_method": "cut5"}
    if sentence.voice.seed is not None:
        fields["seed"] = sentence.voice.seed % _SEEDS
    return {
        **fields,
        **settings.extra,
        "text": speakable(sentence.text),
        "text_lang": text_code,
        "ref_audio_path": prompt.clip,
        "prompt_text": transcript,
        "prompt_lang": code(prompt.language, transcript, version) if transcript else text_code,
        "speed_factor": sentence.rate,
        "media_type": "wav",
        "streaming_mode": STREAMING_MODES[settings.streaming],
    }


def check_transcript(prompt: Prompt, version: str) -> None:
    """Raises BadRequestError where the model must know what a clip says, and does not."""
    if version in WITH_TRANSCRIPT and not _transcript(prompt, version):
        raise BadRequestError(
            f"GPT-SoVITS {version} must know all that is said in a voice's clip, of 3 to 10 s, and speak its language: "
            "enrol it again with such a clip and its transcript, or give the speaker's transcript in the settings"
        )


def _transcript(prompt: Prompt, version: str) -> str:
    """Empty where the clip is in a language that the model does not know: it lends its sound alone."""
    return " ".join(prompt.transcript.split()) if spoken(prompt.language, version) else ""
