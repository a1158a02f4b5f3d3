"""Servers with OpenAI's /v1/audio/speech: what they list, how they are asked, the voices they are given."""
