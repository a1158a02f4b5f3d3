"""Runs inside Home Assistant: a media player for the tests and, where `rig:` is configured, a conversation agent."""

import asyncio
from pathlib import Path

FIRST = "This is the first sentence of a rather long story, which is told while the second one is still thought of. And"
SECOND = "this, at last, is the second sentence."
GO_ON_TIMEOUT_S = 60


async def async_setup(hass, config):
    """Add conversation.teller; older releases know no agents that stream."""
    if "rig" in config:
        from homeassistant.components import conversation

        class Teller(conversation.ConversationEntity):
            """Says its first sentence, and the second when there is a file go-on in the configuration folder."""

            _attr_name = "Teller"
            _attr_unique_id = "teller"
            _attr_supports_streaming = True
            supported_languages = "*"

            async def _async_handle_message(self, user_input, chat_log):
                stream = chat_log.async_add_delta_content_stream(self.entity_id, _story(hass))
                async for _ in stream:
                    pass
                return conversation.async_get_result_from_chat_log(user_input, chat_log)

        await hass.data[conversation.DATA_COMPONENT].async_add_entities([Teller()])
    return True


async def _story(hass):
    yield {"role": "assistant"}
    for word in FIRST.split(" "):
        yield {"content": f"{word} "}
    go_on = Path(hass.config.path("go-on"))
    async with asyncio.timeout(GO_ON_TIMEOUT_S):
        while not go_on.exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.05)
    yield {"content": SECOND}
