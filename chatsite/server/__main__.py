"""`python -m chatsite.server` prepares the site and serves it."""

from chatsite.server.main import main

main()
