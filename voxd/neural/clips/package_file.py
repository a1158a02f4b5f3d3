"""Files that lie in installed packages, found without importing these: importing runs more than is wanted here."""

from importlib.util import find_spec
from pathlib import Path

from voxd.errors import EngineError


def package_file(package: str, name: str) -> Path:
    """The path of a file in a package. Raises EngineError with what to install."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / name).is_file():
            return path
    raise EngineError(
        f"{name} of the package {package} is missing, which reference clips need: "
        "`make run NEURAL=cpu` (or cuda) installs it"
    )
