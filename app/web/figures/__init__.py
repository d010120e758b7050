"""Figures as plain data for Plotly, made in Python; the browser only draws them."""
