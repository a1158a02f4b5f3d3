"""What is told of voices, as objects for JSON."""

from datetime import UTC, datetime

from voxd.announcing.speaking.trial import Trial
from voxd.announcing.voice_desk import EnrolmentReport, VoiceDetails, VoiceList
from voxd.model.voice import Voice
from voxd.synthesis.enrolled.voice import EnrolledVoice

Answer = dict[str, object]


def listed(voices: VoiceList, language: str | None = None) -> Answer:
    """All voices, or those that speak a language, and what is wrong with any."""
    enrolled = {voice.name: voice for voice in voices.enrolled}
    wanted = [voice for voice in voices.voices if language is None or voice.speaks(language)]
    return {
        "voices": [_voice(voice) | _enrolled_in_short(enrolled.get(voice.name)) for voice in wanted],
        "problems": list(voices.problems),
    }


def details(voice: VoiceDetails) -> Answer:
    """One voice with all that the owner may know of it; never its vector."""
    asked = [{"as": wish.asked_as, "times": wish.times, "last_at": _time(wish.last_at)} for wish in voice.old_wishes]
    told = _voice(voice.voice) | {
        "speaker": voice.voice.speaker,
        "rate": voice.voice.rate,
        "seed": voice.voice.seed,
        "fallbacks": list(voice.voice.fallbacks),
        "first_audio_s": voice.voice.first_audio_s,
        "guard": voice.voice.guard,
    }
    if voice.revisions:
        told |= {"enrolled": _current(voice.revisions[0]), "history": [_past(one) for one in voice.revisions[1:]]}
        told |= {"old_names_asked_for": asked}
    return told


def report(done: EnrolmentReport) -> Answer:
    """How an enrolment went."""
    voice = done.enrolled.voice
    return {
        "name": voice.name,
        "revision": voice.revision,
        "new": done.enrolled.is_new,
        "engine": voice.engine,
        "language": voice.language,
        "duration_s": round(voice.duration_s, 2),
        "consent": voice.consent.by,
        "notes": list(done.enrolled.notes),
        "trial": trial(done.trial) if done.trial else None,
        "remark": done.remark,
    }


def trial(measured: Trial) -> Answer:
    """What a trial measured."""
    return {
        "voice": measured.voice,
        "text": measured.text,
        "first_audio_s": round(measured.first_audio_s, 3),
        "took_s": round(measured.took_s, 3),
        "duration_s": round(measured.duration_s, 3),
        "real_time_factor": round(measured.real_time_factor, 3),
        "similarity": None if measured.similarity is None else round(measured.similarity, 3),
        "remark": measured.remark,
    }


def _voice(voice: Voice) -> Answer:
    return {
        "name": voice.name,
        "languages": list(voice.languages),
        "description": voice.description,
        "engine": voice.engine,
        "revision": voice.revision,
    }


def _enrolled_in_short(voice: EnrolledVoice | None) -> Answer:
    return {"enrolled_at": _time(voice.enrolled_at)} if voice else {}


def _current(voice: EnrolledVoice) -> Answer:
    return _past(voice) | {
        "language": voice.language,
        "transcript": voice.transcript,
        "duration_s": round(voice.duration_s, 2),
        "notes": list(voice.notes),
    }


def _past(voice: EnrolledVoice) -> Answer:
    return {
        "revision": voice.revision,
        "engine": voice.engine,
        "at": _time(voice.enrolled_at),
        "origin": voice.origin,
        "consent": voice.consent.by,
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
