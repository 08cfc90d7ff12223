"""The JSON and CSV API, by version."""
