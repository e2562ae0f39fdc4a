"""Live delivery, and the processes and threads that the other apps run in. Imports no models and no other app."""
