"""Diceboard: what the application is (values, rules, storage, use cases) and its web server."""
