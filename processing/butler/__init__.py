"""What Butler needs to know of us: storage classes, formatters, instruments, repositories and raw ingest."""
