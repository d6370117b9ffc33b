"""PeerTube remote runners: their API, their socket, and what looks after both."""
