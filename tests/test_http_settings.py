"""The settings of the HTTP frontend: nobody opens it to the world by mistake."""

import pytest

from voxd.errors import SettingsError
from voxd.settings_file import load


def test_beyond_this_machine_somebody_must_be_known() -> None:
    with pytest.raises(SettingsError, match=r"http: host 0\.0\.0\.0 is reached from beyond this machine"):
        load(None, ["http.enabled=true", "http.host=0.0.0.0"], {})


@pytest.mark.parametrize(
    "known",
    [
        ["http.tokens=[{file: /etc/voxd/http-token}]"],
        ["http.trusted_proxies=172.30.32.2", "http.proxy_scopes=speak,render"],
        ["http.host=127.0.0.1"],
        ["http.enabled=false"],
    ],
)
def test_where_somebody_is_known_or_nobody_comes_it_may_listen_anywhere(known: list[str]) -> None:
    load(None, ["http.enabled=true", "http.host=0.0.0.0", *known], {})


def test_a_token_says_what_it_is_for() -> None:
    (token,) = load(None, ["http.tokens=[{file: /t, scopes: [render]}]"], {}).http.tokens
    assert token.scopes == ("render",)
    with pytest.raises(SettingsError, match=r"http\.tokens"):
        load(None, ["http.tokens=[{file: /t, scopes: [everything]}]"], {})
