"""voxd as it is; at its end the names of all modules that its process loaded are written to a file."""

import os
import sys
from pathlib import Path

from voxd.__main__ import main

if __name__ == "__main__":
    try:
        main()
    finally:
        Path(os.environ["TESTS_MODULES"]).write_text("\n".join(sorted(sys.modules)))
