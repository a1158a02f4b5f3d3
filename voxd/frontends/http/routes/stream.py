"""`/api/stream`: a WebSocket that takes a text in fragments and gives its sound back while both still come.

In, a JSON object in each text frame:

    {"voice": "mum", "language": "de", "rate": 1.2, "format": "pcm", "sample_rate": 16000, "text": "Hello, "}
        begins a text. All of it may be left out: the voice is the default one, the format pcm (s16le, mono, at the
        voice's own rate), or opus (Ogg Opus, made by ffmpeg).
    {"text": "how are you? I "}   more of it, cut anywhere
    {"flush": true}               speak what is here, even if its last sentence is not whole
    {"end": true}                 the text is whole; may come along with a `text`, also with the first one
    {"cancel": true}              break off

Out:

    {"audio": {"format": "pcm", "encoding": "s16le", "rate_hz": 22050, "channels": 1}}
        before the first binary frame; for opus {"format": "opus", "media_type": "audio/ogg; codecs=opus", ...}
    binary frames
        the sound, each sentence as soon as it is certain that it is whole; where nothing comes for 0.3 s, what looks
        whole is spoken
    {"done": {"duration_s": 3.2, "first_audio_s": 0.05}}
        it is over, `"cancelled": true` where it was cancelled; the next text may begin
    {"error": "There is ...", "code": "unknown_voice"}
        it failed. Where the text had ended the next one may begin, else the socket is closed: 1008 (wrong), 1011
        (failed), 1013 (busy: try later)

A text has 20,000 characters at most, a frame 64 KiB. Who says nothing for http.stream_idle_s is told so and closed
(1001); who does not take its sound for http.write_timeout_s loses the connection. Every text counts as a request
(http.rate), every socket as a connection. A page of another site is refused, as is everybody without the scope
`render`; pages show a token as a subprotocol: new WebSocket(address, ["voxd", "voxd.token." + base64url(token)]).
"""

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from voxd.errors import BusyError
from voxd.frontends.house import Renderer
from voxd.frontends.http.documented import answered
from voxd.frontends.http.guard import visitor_of
from voxd.frontends.http.refusal import refusal
from voxd.frontends.http.routes.route import Routes
from voxd.frontends.http.shown_token import PROTOCOL
from voxd.frontends.http.sound_bytes import SoundBytes
from voxd.frontends.http.stream_conversation import StreamConversation
from voxd.frontends.http.stream_frames import StreamOptions
from voxd.frontends.http.streamed_speech import StreamedSpeech, sender
from voxd.lib.rates import Rates
from voxd.settings.http import HttpSettings, Scope

PAGE = "/api/stream"
NEEDS: Scope = "render"


def stream_router(routes: Routes, renderer: Renderer, sounds: SoundBytes, settings: HttpSettings) -> APIRouter:
    """The WebSocket, and a page that tells whoever asks in another way what it is."""
    router = APIRouter(route_class=routes.needing(None), tags=["renderings"])
    rates = Rates(settings.rate.per_s, settings.rate.burst)

    @router.websocket(PAGE)
    async def stream(socket: WebSocket) -> None:
        visitor = visitor_of(socket.scope)
        if not visitor.may(NEEDS):
            text = f"Your token is not for that: it lacks the scope {NEEDS} (http.tokens)"
            await socket.send_denial_response(refusal(403, text))
            return
        await socket.accept(PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None)

        def begin(options: StreamOptions) -> StreamedSpeech:
            if not rates.allow(visitor.address):
                raise BusyError("You ask too often (http.rate); try again later")
            return StreamedSpeech(options, renderer, sounds, sender(socket))

        await StreamConversation(socket, begin, settings.stream_idle_s).serve()

    @router.get(PAGE, status_code=426, responses={426: answered("It is a WebSocket")}, description=__doc__)
    async def explain() -> JSONResponse:
        return refusal(
            426, "This is a WebSocket; /docs tells how it is spoken to", "upgrade_required", {"Upgrade": "websocket"}
        )

    return router
