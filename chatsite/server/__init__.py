"""The server process: bootstrapping, binding, Uvicorn and workers."""
