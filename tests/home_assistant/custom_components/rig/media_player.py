"""A media player that fetches what it is given and keeps it in the folder heard."""

from pathlib import Path

from homeassistant.components import media_source
from homeassistant.components.media_player import (
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    async_process_play_media_url,
)
from homeassistant.helpers.aiohttp_client import async_get_clientsession


async def async_setup_platform(hass, config, async_add_entities, discovery_info=None):
    """Add the one media player."""
    async_add_entities([Loudspeaker()])


class Loudspeaker(MediaPlayerEntity):
    """media_player.rig."""

    _attr_name = "Rig"
    _attr_unique_id = "rig"
    _attr_state = MediaPlayerState.IDLE
    _attr_supported_features = MediaPlayerEntityFeature.PLAY_MEDIA | MediaPlayerEntityFeature.MEDIA_ANNOUNCE

    async def async_play_media(self, media_type, media_id, **kwargs):  # noqa: ARG002 - the port's
        """Fetch it to its end."""
        if media_source.is_media_source_id(media_id):
            media_id = (await media_source.async_resolve_media(self.hass, media_id, self.entity_id)).url
        url = async_process_play_media_url(self.hass, media_id)
        async with async_get_clientsession(self.hass).get(url) as reply:
            sound = await reply.read()
        await self.hass.async_add_executor_job(self._keep, url.rpartition("/")[2], sound)

    def _keep(self, name, sound):
        folder = Path(self.hass.config.path("heard"))
        folder.mkdir(exist_ok=True)
        (folder / f"{len(list(folder.iterdir())):03}-{name}").write_bytes(sound)
