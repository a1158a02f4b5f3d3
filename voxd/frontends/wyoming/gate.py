"""What stands between a client and whoever listens to it, until the token is shown."""

from collections.abc import Callable

from voxd.errors import VoxdError
from voxd.wire.wyoming.authentication import AUTHENTICATED, NOT_AUTHENTICATED, shown_token
from voxd.wire.wyoming.connection import Connection, Listener
from voxd.wire.wyoming.requests import Event


class UnknownClientError(VoxdError):
    """A client has not shown the token that it needs."""

    code = NOT_AUTHENTICATED


class Gate:
    """Passes on what it hears. `knows` says whether a token is right (None: nobody needs one), `tell` who has none."""

    def __init__(
        self,
        connection: Connection,
        listener: Listener,
        knows: Callable[[str], bool] | None,
        tell: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._listener = listener
        self._knows = knows
        self._tell = tell
        self._open = knows is None

    @property
    def busy(self) -> bool:
        """See Listener."""
        return self._listener.busy

    @property
    def midway(self) -> bool:
        """See Listener."""
        return self._listener.midway

    def left(self) -> None:
        """See Listener."""
        self._listener.left()

    def heard(self, event: Event) -> None:
        """See Listener; the token comes first."""
        token = shown_token(event)
        if token is not None:
            self._check(token)
            self._connection.write(AUTHENTICATED)
        elif self._open:
            self._listener.heard(event)
        else:
            self._tell("it shows no token")
            raise UnknownClientError("This server wants an event `authenticate` with its token before anything else")

    def _check(self, token: str) -> None:
        if self._knows is not None and not self._knows(token):
            self._tell("its token is not ours")
            raise UnknownClientError("The token is not the one that this server wants")
        self._open = True
