"""The HTTP API: FastAPI on uvicorn, imported only where it is enabled."""
