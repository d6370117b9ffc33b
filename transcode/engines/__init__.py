"""What the field knows: ladders, playlists, encodes. Pure: no Django, no database, no Redis."""
