"""What an exception from a model means for its process: whether it goes on, is repaired, or has to end."""

import logging
import traceback
from collections.abc import Iterator

from voxd.errors import EngineError, VoxdError
from voxd.wire.wyoming.host_events import Fault

log = logging.getLogger(__name__)

_OUT_OF_MEMORY_CLASSES = {"OutOfMemoryError", "MemoryError"}
_OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "_status_alloc_failed", "cudaerrormemoryallocation")
_STICKY_CLASSES = {"AcceleratorError"}
_STICKY_WORDS = (
    *("cuda error", "cuda driver error", "hip error", "triton error [cuda]", "device-side assert"),
    *("illegal memory access", "misaligned address", "unspecified launch failure"),
    *("cudnn error", "cudnn_status_", "cublas_status_", "cusolver_status_", "cusparse_status_", "cufft_"),
)
"""After one of these nothing works any more in the process (CUDA C++ Programming Guide, Error Checking)."""
_CHAIN_MAX = 16
_SENTENCES = {
    Fault.OUT_OF_MEMORY: "The device ran out of memory",
    Fault.DEVICE_LOST: "The device failed and its process has to start again",
    Fault.FAILED: "The model failed",
}


class FaultError(EngineError):
    """A failure in a model, with what it means for its process."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault: Fault = fault
        self.code = fault.value


def fault_of(error: BaseException) -> Fault:
    """What an exception, or whatever led to it, means. Nothing is imported for that: names and words tell."""
    kinds = {_kind(one) for one in _chain(error)}
    for kind in (Fault.DEVICE_LOST, Fault.OUT_OF_MEMORY):
        if kind in kinds:
            return kind
    return error.fault if isinstance(error, FaultError) else Fault.FAILED


def as_voxd_error(error: BaseException) -> VoxdError:
    """The error that others are told, free of the stack that it came from.

    The frames of an out-of-memory error hold the very tensors that have to go. What is unexpected is logged.
    """
    fault = fault_of(error)
    if isinstance(error, VoxdError) and fault not in (Fault.DEVICE_LOST, Fault.OUT_OF_MEMORY):
        return error
    if fault is Fault.FAILED:
        log.error("The model ran into a bug", exc_info=error)
    sentence = f"{_SENTENCES[fault]}: {_first_line(error)}"
    for one in _chain(error):
        traceback.clear_frames(one.__traceback__)
        one.__traceback__ = None
    return FaultError(fault, sentence)


def _kind(error: BaseException) -> Fault | None:
    if isinstance(error, FaultError):
        return error.fault
    names = {parent.__name__ for parent in type(error).__mro__}
    words = str(error).lower()
    if names & _OUT_OF_MEMORY_CLASSES:
        return Fault.OUT_OF_MEMORY
    if isinstance(error, RuntimeError | OSError) and any(word in words for word in _OUT_OF_MEMORY_WORDS):
        return Fault.OUT_OF_MEMORY
    if names & _STICKY_CLASSES:
        return Fault.DEVICE_LOST
    if isinstance(error, RuntimeError) and any(word in words for word in _STICKY_WORDS):
        return Fault.DEVICE_LOST
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, and what it was raised from or in the course of."""
    current: BaseException | None = error
    for _ in range(_CHAIN_MAX):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
