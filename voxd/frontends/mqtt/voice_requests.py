"""Requests about voices over MQTT: voices, enroll, remove_voice."""

from collections.abc import Awaitable, Callable, Mapping

from voxd.errors import BadRequestError
from voxd.frontends import voice_answers, voice_payloads
from voxd.frontends.house import Voices
from voxd.frontends.mqtt.answers import Answers, ok
from voxd.frontends.payloads import Transaction
from voxd.wire.mqtt.packets import Delivery


class VoiceRequests:
    """Answers both on the verb's topic and to the asker. Unless `may_enroll`, voices can only be listed."""

    def __init__(self, voices: Voices, answers: Answers, may_enroll: bool) -> None:
        self._voices = voices
        self._answers = answers
        self._may_enroll = may_enroll

    def verbs(self) -> Mapping[str, Callable[[Delivery], Awaitable[None]]]:
        """What each verb does; they raise VoxdError."""
        return {"voices": self._list, "enroll": self._enroll, "remove_voice": self._remove}

    async def _list(self, asked: Delivery) -> None:
        language, transaction = voice_payloads.voices_wanted(asked.payload)
        self._answer("voices", asked, voice_answers.listed(self._voices.listed(), language), transaction)

    async def _enroll(self, asked: Delivery) -> None:
        self._check_allowed()
        self._answers.check(asked)
        wish, transaction = voice_payloads.enrolment(asked.payload)
        self._answer("enroll", asked, voice_answers.report(await self._voices.enrol(wish)), transaction)

    async def _remove(self, asked: Delivery) -> None:
        self._check_allowed()
        self._answers.check(asked)
        wish = voice_payloads.named(asked.payload)
        await self._voices.remove(wish.name)
        self._answer("remove_voice", asked, {"name": wish.name}, wish.transaction)

    def _check_allowed(self) -> None:
        if not self._may_enroll:
            raise BadRequestError(
                "Voices are not enrolled and removed over MQTT unless mqtt.enroll is true: "
                "whoever may publish here could clone anybody"
            )

    def _answer(self, verb: str, asked: Delivery, told: Mapping[str, object], transaction: Transaction) -> None:
        answer = ok(told, transaction)
        self._answers.to_verb(verb, answer)
        self._answers.to_asker(asked, answer)
