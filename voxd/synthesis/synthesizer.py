"""From sentences to their sound: memory, phrase cache, or an engine when it is its turn."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial

from voxd.errors import BusyError, EngineError
from voxd.model.audio import Clip
from voxd.model.identifiers import VoiceId
from voxd.model.voice import Voice
from voxd.synthesis.admission import Admission, Place, Urgency
from voxd.synthesis.cache_thread import CacheThread
from voxd.synthesis.engine import Engine, Sentence
from voxd.synthesis.fingerprint import phrase_key, voice_prefix
from voxd.synthesis.making import Making
from voxd.synthesis.phrase_cache import PhraseCache
from voxd.synthesis.recent_clips import RecentClips
from voxd.synthesis.rendition import Rendition
from voxd.synthesis.sound import Sound
from voxd.synthesis.spoken import SpokenNews

__all__ = ["Synthesizer", "Urgency"]


class Synthesizer:
    """Gives sentences their sound; the same sentence is made once, however many ask for it meanwhile.

    An engine speaks as many sentences at once as it declares; `waiting_max` more may wait for it, an alarm
    before an announcement before a rendering. Clips in memory (`memory_bytes` of them) and on disk pass by.
    The engines are started and stopped by whoever made them.
    """

    def __init__(
        self, engines: Mapping[str, Engine], cache: PhraseCache | None, memory_bytes: int, waiting_max: int
    ) -> None:
        self._engines = engines
        self._recent = RecentClips(memory_bytes)
        self._disk = CacheThread(cache)
        self._waiting_max = waiting_max
        self._admissions: dict[str, Admission] = {}
        self._making: dict[str, Making] = {}
        self._stopping = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._life: asyncio.Task[None] | None = None
        self.news = SpokenNews()

    async def start(self) -> None:
        """Begin; sentences may be spoken from now on."""
        self._disk.start()
        started = asyncio.Event()
        self._stopping.clear()
        self._life = asyncio.create_task(self._live(started), name="synthesizer")
        await started.wait()

    async def stop(self) -> None:
        """Cancel what is being made, finish what is being stored."""
        for making in tuple(self._making.values()):
            self._cancel(making)
        self._stopping.set()
        if self._life is not None:
            await self._life
        self._tasks = self._life = None
        await self._disk.stop()

    def speak(self, sentence: Sentence, urgency: Urgency) -> Rendition:
        """Begin to find or make the sound of `sentence`, or join whoever had it begun. Close what is returned.

        Raises BusyError when too many wait, and EngineError if the voice's engine is not there.
        """
        engine = self._engine(sentence.voice)
        key = phrase_key(sentence, engine.traits)
        clip = self._recent.get(key)
        if clip is not None:
            self.news.remembered(engine.name, urgency)
            return Rendition(Sound.of(clip), lambda: None, partial(self._spoil, key))
        making = self._making.get(key)
        if making is None or making.is_lost:
            making = self._begin(engine, key, sentence, urgency)
        making.place.promote(urgency)
        making.holds += 1
        return Rendition(making.sound, partial(self._let_go, making), partial(self._spoil, key))

    async def forget(self, voice: VoiceId) -> None:
        """Keep nothing that was spoken under that name, in memory or on disk, nor what is just being made."""
        prefix = voice_prefix(voice)
        for making in self._making.values():
            making.unwanted = making.unwanted or making.key.startswith(prefix)
        self._recent.remove_all(prefix)
        await self._disk.remove_all(prefix)

    def waiting(self) -> dict[str, int]:
        """How many sentences have a place at each engine: those that are spoken, and those that wait for it."""
        return {name: len(admission) for name, admission in self._admissions.items()}

    async def warm(self, voice: Voice) -> None:
        """Let the voice's engine speak a little into the void, so that its next sentence begins sooner.

        Raises EngineError.
        """
        sentence = Sentence("1", voice, voice.language, voice.rate)
        async with aclosing(self._engine(voice).speak(sentence)) as chunks:
            async for _ in chunks:
                pass

    async def unheard(self, sentence: Sentence) -> Clip:
        """The sound of a sentence that nobody waits for; it is kept nowhere.

        Raises BusyError as soon as anybody wants the engine, and EngineError.
        """
        engine, wanted = self._engine(sentence.voice), asyncio.Event()
        with self._admission(engine).spare(wanted.set):
            speaking = asyncio.create_task(_whole(engine, sentence), name="unheard sentence")
            giving_way = asyncio.create_task(wanted.wait(), name="giving way")
            try:
                await asyncio.wait((speaking, giving_way), return_when=asyncio.FIRST_COMPLETED)
                if wanted.is_set():
                    raise BusyError("The engine is wanted for what is heard")
                return speaking.result()
            finally:
                speaking.cancel()
                giving_way.cancel()
                await asyncio.gather(speaking, giving_way, return_exceptions=True)

    async def _live(self, started: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as self._tasks:
            started.set()
            await self._stopping.wait()

    def _engine(self, voice: Voice) -> Engine:
        engine = self._engines.get(voice.engine)
        if engine is None:
            raise EngineError(f'The voice "{voice.name}" needs the engine "{voice.engine}", which is not configured')
        return engine

    def _begin(self, engine: Engine, key: str, sentence: Sentence, urgency: Urgency) -> Making:
        assert self._tasks is not None, "the synthesizer is not started"
        making = Making(key, sentence, engine, self._place(engine, key, urgency), Sound())
        self._making[key] = making
        making.task = self._tasks.create_task(self._make(making), name=f"sentence {key[:8]}")
        making.task.add_done_callback(partial(self._ended, making))
        return making

    def _admission(self, engine: Engine) -> Admission:
        admission = self._admissions.get(engine.name)
        if admission is None:
            traits = engine.traits
            admission = Admission(traits.concurrency, self._waiting_max, traits.overtaking)
            self._admissions[engine.name] = admission
        return admission

    def _place(self, engine: Engine, key: str, urgency: Urgency) -> Place:
        admission = self._admission(engine)
        try:
            return admission.place(urgency)
        except BusyError:
            if not self._disk.holds(key):
                raise
            return admission.passing(urgency)

    async def _make(self, making: Making) -> None:
        """Find or make the sound, then keep it. A failure is told to those who listen and is theirs to handle."""
        sound, stored = making.sound, None
        try:
            stored = await self._disk.get(making.key)
            if stored is not None:
                sound.cached = True
                sound.add(stored)
            else:
                await making.place.turn()
                await _fill(making)
            clip = sound.finish()
            if making.is_worth_keeping:
                self._recent.put(making.key, clip)
        except Exception as error:  # it rises where the sound is awaited, bugs included
            sound.fail(error)
        finally:
            making.place.leave()
        self.news.made(making)
        if sound.clip is not None and stored is None and making.is_worth_keeping:
            await self._disk.put(making.key, sound.clip)

    def _ended(self, making: Making, _: asyncio.Task[None]) -> None:
        """Tidy up behind a task, also behind one that was cancelled before it ran at all."""
        making.place.leave()
        if not making.sound.ended:
            making.sound.fail(EngineError("The synthesis was cancelled"))
        self._forget(making)

    def _let_go(self, making: Making) -> None:
        making.holds -= 1
        if not making.holds:
            self._cancel(making)

    def _spoil(self, key: str) -> None:
        """Keep a clip no longer; it is on its way to the disk at most, where its removal comes after it."""
        self._recent.remove(key)
        making = self._making.get(key)
        if making is not None and making.sound.ended:
            self._forget(making)
        if self._tasks is not None:
            self._tasks.create_task(self._disk.remove(key), name=f"removal {key[:8]}")

    def _cancel(self, making: Making) -> None:
        if not making.sound.ended and making.task is not None:
            self._forget(making)
            making.task.cancel()

    def _forget(self, making: Making) -> None:
        if self._making.get(making.key) is making:
            del self._making[making.key]


async def _whole(engine: Engine, sentence: Sentence) -> Clip:
    """The sentence as the engine speaks it. Raises EngineError."""
    sound = Sound()
    async with aclosing(engine.speak(sentence)) as chunks:
        async for chunk in chunks:
            sound.add(chunk)
    return sound.finish()


async def _fill(making: Making) -> None:
    """Let the engine speak the sentence."""
    async with aclosing(making.engine.speak(making.sentence)) as chunks:
        async for chunk in chunks:
            making.sound.add(chunk)
