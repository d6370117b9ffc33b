"""Video: PeerTube runners and our own workers encode, and it plays while it is encoded."""
