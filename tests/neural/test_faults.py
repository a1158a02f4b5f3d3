"""What exceptions mean for the process."""

import gc
import weakref

import numpy as np
import pytest

from voxd.errors import BadRequestError, EngineError
from voxd.neural.faults import FaultError, as_voxd_error, fault_of
from voxd.wire.wyoming.host_events import Fault


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


class AcceleratorError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 5.00 GiB"), Fault.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: out of memory"), Fault.OUT_OF_MEMORY),
        (AcceleratorError("CUDA error: out of memory"), Fault.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), Fault.OUT_OF_MEMORY),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), Fault.OUT_OF_MEMORY),
        (MemoryError(), Fault.OUT_OF_MEMORY),
        (AcceleratorError("CUDA error: device-side assert triggered"), Fault.DEVICE_LOST),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), Fault.DEVICE_LOST),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), Fault.DEVICE_LOST),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED"), Fault.DEVICE_LOST),
        (RuntimeError("The expanded size of the tensor (512) must match"), Fault.FAILED),
        (ValueError("CUDA error is the title of a book"), Fault.FAILED),
        (EngineError("No"), Fault.FAILED),
        (FaultError(Fault.RUNAWAY, "It sang"), Fault.RUNAWAY),
    ],
)
def test_an_exception_is_told_by_its_name_and_words(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_torchs_own_exceptions_are_known() -> None:
    torch = pytest.importorskip("torch")
    assert fault_of(torch.OutOfMemoryError("CUDA out of memory")) is Fault.OUT_OF_MEMORY
    assert fault_of(torch.AcceleratorError("CUDA error: unspecified launch failure")) is Fault.DEVICE_LOST


def test_what_led_to_an_exception_counts() -> None:
    error = ValueError("a backend failed")
    error.__cause__ = AcceleratorError("CUDA error: misaligned address")
    assert fault_of(error) is Fault.DEVICE_LOST


def test_a_sentence_for_the_owner_stays_as_it_is() -> None:
    error = BadRequestError("The clip is too short")
    assert as_voxd_error(error) is error


def test_nothing_of_what_the_model_held_is_kept_by_its_error() -> None:
    class Tensor(np.ndarray[tuple[int], np.dtype[np.float32]]):
        """Something that can be watched."""

    held: list[weakref.ref[Tensor]] = []

    def speak() -> None:
        tensor = np.zeros(8, dtype=np.float32).view(Tensor)
        held.append(weakref.ref(tensor))
        raise OutOfMemoryError("CUDA out of memory")

    try:
        speak()
    except OutOfMemoryError as error:
        told = as_voxd_error(error)
    gc.collect()
    assert held[0]() is None
    assert told.code == "out_of_memory"
