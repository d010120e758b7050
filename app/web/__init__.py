"""The web server: JSON for programs, pages for people."""
