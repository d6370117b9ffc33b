"""The Media API over HTTP (its contract, section 2)."""
