"""`python -m chatsite.server`: prepare the site and serve it."""

from chatsite.server.main import main

main()
