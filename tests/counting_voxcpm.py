"""VoxCPM as it is, in a real engine host, with every call of its clip encoder written down."""

from pathlib import Path
from typing import Any

from voxd.neural.speech_model import ModelFacts
from voxd.neural.voxcpm.model import VoxcpmModel
from voxd.settings.engines import VoxcpmSettings


class CountingVoxcpm(VoxcpmModel):
    """Appends a line to `record` for each call of the encoder of the audio VAE."""

    def __init__(self, model: str, record: str, scratch: str, steps: int = 2) -> None:
        settings = VoxcpmSettings(model=model, device="cpu", dtype="float32", steps=steps)
        super().__init__(settings, Path(model).parent, Path(scratch))
        self._record = Path(record)

    def load(self, tell: Any) -> ModelFacts:
        facts = super().load(tell)
        encoder = self.audio_vae
        encode = encoder.encode

        def counted(*arguments: Any, **options: Any) -> Any:
            with self._record.open("a") as record:
                record.write("encoded\n")
            return encode(*arguments, **options)

        encoder.encode = counted
        return facts
