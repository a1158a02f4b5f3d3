"""The sites of Hermes that are ours, and the zones that they stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from voxd.model.announcement import EVERYWHERE
from voxd.model.identifiers import ZoneId
from voxd.settings import HermesOutputSettings, HermesSettings, OutputSettings

DEFAULT = "default"
"""The site that is meant where none is named."""
Outputs = Mapping[ZoneId, Mapping[str, OutputSettings]]


@dataclass(frozen=True, slots=True)
class Device:
    """An output, as an audio server tells of it."""

    name: str
    zone: ZoneId
    description: str


class Sites:
    """Zones and groups are sites of their own names; `named` are others, `default` gives the zones of the default one.

    `outputs` are those of each zone, by name. A site that one of them plays at has an audio server, and it is not us:
    what is played there is none of our business, least of all what we play there ourselves.
    """

    def __init__(
        self,
        named: Mapping[str, tuple[ZoneId, ...]],
        groups: Mapping[ZoneId, tuple[ZoneId, ...]],
        default: Callable[[], tuple[str, ...]],
        outputs: Outputs,
    ) -> None:
        own: dict[str, tuple[ZoneId, ...]] = {name: (name,) for name in (*outputs, *groups)}
        self._named = own | dict(named)
        self._default = default
        self._groups = groups
        self._outputs = outputs
        elsewhere = {
            output.site for of in outputs.values() for output in of.values() if isinstance(output, HermesOutputSettings)
        }
        self.with_sound = tuple(name for name in {**self._named, DEFAULT: ()} if name not in elsewhere)
        """Those whose audio server we are."""

    def ours(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the sites that are ours, each once; `*` is all of them."""
        return tuple(dict.fromkeys(site for site in asked if site in self._named or site in (DEFAULT, EVERYWHERE)))

    def each(self, sites: tuple[str, ...]) -> tuple[str, ...]:
        """Sites of ours, each by its name: `*` is every zone."""
        return tuple(self._outputs) if EVERYWHERE in sites else sites

    def sounding(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the sites whose audio server we are, each by its name."""
        return self.with_sound if EVERYWHERE in asked else tuple(s for s in self.with_sound if s in asked)

    def zones(self, sites: tuple[str, ...]) -> tuple[ZoneId, ...]:
        """The zones and groups that sites of ours stand for, each once."""
        if EVERYWHERE in sites:
            return (EVERYWHERE,)
        return tuple(dict.fromkeys(zone for site in sites for zone in self._meant(site)))

    def devices(self, sites: tuple[str, ...]) -> tuple[Device, ...]:
        """The outputs of sites of ours."""
        meant = self._rooms(self.zones(sites))
        return tuple(
            Device(name, zone, _described(output))
            for zone, outputs in self._outputs.items()
            if zone in meant
            for name, output in outputs.items()
        )

    def _meant(self, site: str) -> tuple[ZoneId, ...]:
        return self._named[site] if site in self._named else _zones(self._default())

    def _rooms(self, zones: tuple[ZoneId, ...]) -> frozenset[ZoneId]:
        """The same, with neither groups nor `*`."""
        if EVERYWHERE in zones:
            return frozenset(self._outputs)
        return frozenset(room for zone in zones for room in self._groups.get(zone, (zone,)))


def sites_of(
    settings: HermesSettings,
    groups: Mapping[str, tuple[str, ...]],
    default: Callable[[], tuple[str, ...]],
    outputs: Outputs,
) -> Sites:
    """The sites that the owner has; `default` gives the zones where announcements are heard that name none."""
    named = {name: _zones((zones,) if isinstance(zones, str) else zones) for name, zones in settings.sites.items()}
    rooms = {ZoneId(group): _zones(members) for group, members in groups.items()}
    return Sites(named, rooms, default, outputs)


def _zones(names: tuple[str, ...]) -> tuple[ZoneId, ...]:
    return tuple(map(ZoneId, names))


def _described(output: OutputSettings) -> str:
    where = (getattr(output, name, None) for name in ("device", "host", "site"))
    return " ".join((output.type, *(str(one) for one in where if one)))
