"""The server api_v2.py of GPT-SoVITS: its requests and answers, reference clips and weights."""
