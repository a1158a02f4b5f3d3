"""Sound decoded patch by patch is the sound decoded as a whole."""

from typing import Any

import numpy as np
import pytest

from voxd.neural.voxcpm.audio_decoder import AudioDecoder, Memory

from .conftest import Pair

CLOSE = 1e-5


@pytest.fixture
def latents(pair: Pair) -> Any:
    """Ten patches."""
    import torch

    return torch.randn((1, 64, 40), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", [1, 3, 4, 40])
def test_pieces_of_any_size_are_the_whole(pair: Pair, latents: Any, size: int) -> None:
    import torch

    decoder, memory = AudioDecoder(pair.own.audio_vae), dict[int, Any]()
    with torch.inference_mode():
        whole = pair.upstream.audio_vae.decode(latents)
        streamed = torch.cat([decoder.decode(piece, memory) for piece in latents.split(size, dim=-1)], dim=-1)
    assert whole.std() > 0.05
    np.testing.assert_allclose(streamed, whole, atol=CLOSE)


def test_streams_are_blind_to_one_another_and_a_memory_can_be_gone_on_from_twice(pair: Pair, latents: Any) -> None:
    import torch

    decoder = AudioDecoder(pair.own.audio_vae)
    begun: Memory = {}
    with torch.inference_mode():
        whole = pair.upstream.audio_vae.decode(latents)
        decoder.decode(latents[..., :8], begun)
        first, second, other = dict(begun), dict(begun), dict[int, Any]()
        pieces: list[list[Any]] = [[], []]
        for at in range(8, 40, 4):
            pieces[0].append(decoder.decode(latents[..., at : at + 4], first))
            decoder.decode(torch.ones(1, 64, 4), other)
            pieces[1].append(decoder.decode(latents[..., at : at + 4], second))
    per_latent = whole.shape[-1] // 40
    for streamed in pieces:
        np.testing.assert_allclose(torch.cat(streamed, dim=-1), whole[..., 8 * per_latent :], atol=CLOSE)
