"""Videos over HTTP (transcode contract, 6). Views hold no logic: `transcode.videos` does."""
