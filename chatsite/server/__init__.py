"""The server process: bootstrap, binding, Uvicorn, workers."""
