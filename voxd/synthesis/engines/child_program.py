"""A program that is run as a child, and asked what it has to say of itself."""

from collections.abc import Sequence

from voxd.errors import EngineError
from voxd.lib.child_process import ChildProcess
from voxd.synthesis.engines.child_speech import ChildSpeech


class ChildProgram:
    """The program `path`, brought by the Debian package `package`; its children are silent for `timeout_s` at most."""

    def __init__(self, path: str, package: str, timeout_s: float) -> None:
        self.path = path
        self._package = package
        self._timeout_s = timeout_s

    def run(self, arguments: Sequence[str], descriptors: Sequence[int] = ()) -> ChildProcess:
        """Start it; it has our open `descriptors`, too. Raises EngineError with what the owner can do."""
        try:
            return ChildProcess((self.path, *arguments), descriptors)
        except FileNotFoundError as error:
            remedy = f"`apt install {self._package}` brings it"
            raise EngineError(f"The program {self.path} is missing; {remedy}") from error
        except OSError as error:
            raise EngineError(f"The program {self.path} cannot be run: {error.strerror}") from error

    def listen(self, child: ChildProcess) -> ChildSpeech:
        """What the child says on its standard output."""
        return ChildSpeech(child, self.path, self._timeout_s)

    async def asked(self, option: str) -> str:
        """All that it prints when it is run with `option`."""
        child = self.run((option,))
        try:
            return (await self.listen(child).words()).decode(errors="replace")
        finally:
            await child.end()
