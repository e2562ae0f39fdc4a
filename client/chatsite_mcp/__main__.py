"""`python -m chatsite_mcp URL`."""

from chatsite_mcp.main import main

main()
