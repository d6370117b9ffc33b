"""Events to sockets: groups, the hub, authenticated consumers."""
