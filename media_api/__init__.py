"""The Media API: one request, many stages, every percent live."""
