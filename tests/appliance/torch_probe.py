"""Prints how many threads torch works with, how many processors there are, and whether a network computes at all."""

import json
import os
from pathlib import Path

import torch


def main() -> None:
    convolved = torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), torch.ones(1, 1, 3, 3))
    remembered, _ = torch.nn.LSTM(4, 4)(torch.ones(2, 1, 4))
    told = {
        "threads": torch.get_num_threads(),
        "processors": len(os.sched_getaffinity(0)),
        "computes": bool(convolved.sum() == 9 * 36) and bool(remembered.isfinite().all()),
        "running": _threads_at_work(),
    }
    print(json.dumps(told))


def _threads_at_work() -> int:
    """The threads that a product of large matrices was computed with."""
    torch.mm(torch.ones(512, 512), torch.ones(512, 512))
    return len(list(Path("/proc/self/task").iterdir()))


main()
