"""A run as a standalone Keras script or notebook that repeats it and ends with the same figures.

What comes out needs Keras, NumPy and Pillow (and OpenCV where training images are moved), and the run's images in a
folder. Nothing of Diceboard is imported.
"""

from app.core.runs.script.facts import ScriptFacts, SplitFacts, figures_of, preparation_of
from app.core.runs.script.sections import as_notebook, as_python
from app.core.runs.script.writing import sections_of

__all__ = ["ScriptFacts", "SplitFacts", "as_notebook", "as_python", "figures_of", "preparation_of", "sections_of"]
