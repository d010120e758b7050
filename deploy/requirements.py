"""`python requirements.py EXTRA` prints what pyproject.toml asks for, so that an image installs it before Diceboard."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
sys.stdout.write("\n".join([*project["dependencies"], *project["optional-dependencies"][sys.argv[1]], ""]))
