"""A fresh process per attempt: the only place of the worker where Keras computes."""
