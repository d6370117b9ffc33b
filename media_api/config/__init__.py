"""`config.yaml`: its keys (`schema`), the file (`file`), the settings of now (`live.current`)."""
