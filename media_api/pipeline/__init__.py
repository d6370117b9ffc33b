"""One request in a worker: its input is fetched and looked at, its stages run in order."""
