"""Writes the software bill of materials of what a lock holds, as CycloneDX.

    sbom.py LOCK WHEELHOUSE

writes to standard output what the lock installs on this machine, with the hashes that are accepted; where WHEELHOUSE
has the wheel, also its licence and what it requires. SOURCE_DATE_EPOCH is its time.
"""

import os
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from locked import Locked, locked_in, wheels_by_name
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("", "systemd", "neural", "piper")
"""What voxd is installed with, where the lock has it."""


def bill(lock: Path, wheelhouse: Path) -> Bom:
    """Everything the lock installs here, with voxd on top."""
    wheels = wheels_by_name(wheelhouse)
    told = {name: _metadata(wheel) for name, wheel in wheels.items()}
    voxd = _component(Locked("voxd", told["voxd"]["Version"], ()), told["voxd"], ComponentType.APPLICATION)
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    components = {one.name: _component(one, told.get(one.name)) for one in locked_in(lock)}
    bom = Bom(components=components.values(), serial_number=_serial_number(lock, voxd))
    bom.metadata.timestamp, bom.metadata.component = made, voxd
    for name, component in {"voxd": voxd, **components}.items():
        required = _required(told[name]) if name in told else ()
        bom.register_dependency(component, [components[other] for other in required if other in components])
    return bom


def _component(one: Locked, told: Message | None, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    address = PackageURL("pypi", name=one.name, version=one.version)
    return Component(
        type=kind,
        name=one.name,
        version=one.version,
        bom_ref=address.to_string(),
        purl=address,
        description=told and told["Summary"],
        licenses=[LicenseFactory().make_from_string(licence) for licence in _licences(told)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=accepted) for accepted in one.hashes],
    )


def _licences(told: Message | None) -> Iterator[str]:
    """The licence, unless there is none or its whole text."""
    licence = (told["License-Expression"] or told["License"] or "") if told else ""
    if licence and "\n" not in licence:
        yield licence


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def _required(told: Message) -> Iterable[str]:
    """What is required here, with those extras."""
    for requirement in map(Requirement, told.get_all("Requires-Dist", ())):
        if not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in EXTRAS):
            yield canonicalize_name(requirement.name)


def _serial_number(lock: Path, voxd: Component) -> uuid.UUID:
    """The same for the same, and never for anything else."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{voxd.bom_ref} {lock.read_text()}")


if __name__ == "__main__":
    written = make_outputter(bill(Path(sys.argv[1]), Path(sys.argv[2])), OutputFormat.JSON, SchemaVersion.V1_6)
    print(written.output_as_string(indent=2))  # noqa: T201 - that is its work
