"""Python client for cytoreview servers."""
