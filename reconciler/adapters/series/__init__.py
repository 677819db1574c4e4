"""Where metrics of daily verifications are kept: files of Parquet, a database of InfluxDB, and memory for tests."""
