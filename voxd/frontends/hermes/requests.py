"""What Hermes' clients want to know, and to have switched: voices, devices, volume, on and off."""

import logging
from collections.abc import Callable

from voxd.announcing.preferences import Choice
from voxd.announcing.progress import HouseState
from voxd.errors import VoxdError
from voxd.frontends.hermes import payloads, topics
from voxd.frontends.hermes.asked import told_on
from voxd.frontends.hermes.sites import Sites
from voxd.frontends.hermes.switches import Switches
from voxd.frontends.house import Orders, Voices
from voxd.lib.logs import Sparing
from voxd.lib.rates import Rates
from voxd.model.voice import Voice
from voxd.settings.section import RateSettings
from voxd.wire.mqtt.packets import Delivery, Publish

log = logging.getLogger(__name__)


class Requests:
    """Serves them; of each kind no more than the rate allows, and what is not for our sites not at all."""

    def __init__(
        self,
        voices: Voices,
        orders: Orders,
        house_state: Callable[[], HouseState],
        sites: Sites,
        switches: Switches,
        rate: RateSettings,
        publish: Publish,
    ) -> None:
        self._voices = voices
        self._orders = orders
        self._house_state = house_state
        self._sites = sites
        self._switches = switches
        self._rates = Rates(rate.per_s, rate.burst)
        self._publish = publish
        self._refusals = Sparing(log)

    async def serve(self, delivery: Delivery) -> None:
        """Do what is asked on a topic, if it is one of these."""
        if not self._rates.allow(delivery.topic):
            return self._refusals.warning("Hermes: there is too much on %s; it is ignored", delivery.topic)
        match delivery.topic:
            case topics.TOGGLE_ON | topics.TOGGLE_OFF:
                self._toggle(delivery)
            case topics.SET_VOLUME:
                await self._set_volume(delivery)
            case topics.GET_DEVICES:
                self._tell_devices(delivery)
            case topic if topic in topics.GET_VOICES:
                self._tell_voices(delivery)
        return None

    def _toggle(self, delivery: Delivery) -> None:
        sites = self._sites.sounding(payloads.asker(delivery.payload).sites)
        self._switches.turn(sites, on=delivery.topic == topics.TOGGLE_ON)

    async def _set_volume(self, delivery: Delivery) -> None:
        sites = self._sites.sounding(payloads.asker(delivery.payload).sites)
        if not sites:
            return
        try:
            percent = payloads.volume(delivery.payload)
            zones = self._sites.zones(sites)
            await self._orders.prefer(Choice(frozenset({"volume"}), volume=percent, zones=zones))
        except VoxdError as mistake:
            self._refusals.warning("Hermes: the volume is not changed: %s", mistake)

    def _tell_devices(self, delivery: Delivery) -> None:
        asker = payloads.asker(delivery.payload)
        sites = self._sites.sounding(asker.sites)
        if not sites or not payloads.wants_outputs(delivery.payload):
            return
        lost = self._house_state().lost
        devices = [
            {
                "mode": "output",
                "id": device.name,
                "name": device.zone,
                "description": device.description,
                "working": device.name not in lost,
            }
            for device in self._sites.devices(sites)
        ]
        self._publish(told_on(topics.DEVICES, {"devices": devices, "id": asker.id, "siteId": asker.site}))

    def _tell_voices(self, delivery: Delivery) -> None:
        asker = payloads.asker(delivery.payload)
        if not self._sites.ours(asker.sites):
            return
        voices = [
            {"voiceId": voice.name, "description": voice.description or _described(voice)}
            for voice in self._voices.listed().voices
        ]
        told = {"voices": voices, "id": asker.id, "siteId": asker.site}
        self._publish(told_on(topics.voices(delivery.topic), told))


def _described(voice: Voice) -> str:
    return f"{', '.join(voice.languages)} ({voice.engine})"
