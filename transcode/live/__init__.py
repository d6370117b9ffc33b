"""Live streams: RTMP in through an ingest of ours, HLS out, a replay afterwards (4.3)."""
