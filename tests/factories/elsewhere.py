"""Run as a program where nothing of Diceboard is: `elsewhere.py FILE IMAGE CODE` predicts by what the file says of itself.

CODE is what the run's page says of opening such files: from `images` to `probabilities`.
"""

import json
import sys
import zipfile
from pathlib import Path

import numpy

path, file, code = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if path.suffix == ".onnx":
    import onnx

    facts = json.loads(next(entry.value for entry in onnx.load(path).metadata_props if entry.key == "diceboard"))
elif path.suffix == ".h5":
    import h5py

    facts = json.loads(h5py.File(path)["diceboard"].asstr()[()])
else:
    with zipfile.ZipFile(path) as archive:
        member = "run.json"
        if path.suffix == ".zip":
            archive.extractall()
            member = f"{path.with_suffix('').name}/assets.extra/run.json"
        facts = json.loads(archive.read(member))

scope = {"file": file, "numpy": numpy}
exec("from PIL import Image, ImageOps\n" + "\n".join(facts["preprocessing"]["steps"]), scope)
assert facts["preprocessing"]["scale"] == "1/255"
scope["images"] = numpy.float32(scope["array"])[None] / 255
exec(code, scope)
print(json.dumps(dict(zip(facts["classes"], map(float, scope["probabilities"][0]), strict=True))))
