"""The use cases, one module per word. They know the core and its ports only."""
