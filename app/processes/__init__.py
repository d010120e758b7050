"""The processes of one machine: which there are, how they are watched, and how they end with their parent."""
