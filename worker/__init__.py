"""The Celery side: supervises training and holds the processes that compute."""
