"""Trainings: what is asked for, what state they are in, what happened, what came out."""
