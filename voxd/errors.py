"""The failures that voxd expects; each carries a sentence its owner can act on."""


class VoxdError(Exception):
    """An expected failure. `code` is a short, stable word for programs; the text is for people."""

    code = "failed"


class BadRequestError(VoxdError):
    """What was asked cannot be done as it was asked; asking again unchanged is pointless."""

    code = "bad_request"


class UnspeakableTextError(BadRequestError):
    """The text holds nothing that a voice could say."""

    code = "nothing_to_say"


class UnknownVoiceError(BadRequestError):
    """The voice asked for does not exist; it is never replaced by somebody else's."""

    code = "unknown_voice"


class UnknownZoneError(BadRequestError):
    """A zone asked for does not exist."""

    code = "unknown_zone"


class BusyError(VoxdError):
    """A bounded queue is full; the same request may succeed later."""

    code = "busy"


class EngineError(VoxdError):
    """A speech engine failed to give the sound it was asked for.

    `fault` is the word that an engine host has for it (voxd/wire/wyoming/host_events.py), empty for other engines.
    """

    code = "engine_failed"

    def __init__(self, text: str, fault: str = "") -> None:
        super().__init__(text)
        self.fault = fault


class OutputError(VoxdError):
    """An output cannot make the sound heard."""

    code = "output_failed"


class StorageError(VoxdError):
    """The journal could not be written; nothing was taken over."""

    code = "storage_failed"


class ProtocolError(VoxdError):
    """The other side of a connection broke its protocol or our bounds; the connection ends."""

    code = "protocol_error"


class SettingsError(VoxdError):
    """The configuration holds mistakes; all of them are listed."""

    code = "bad_settings"

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
