"""Where things come from: Keras under all its addresses, and what people use without importing it in what they paste."""

import re

from app.core.architectures.catalogue import Catalogue
from app.core.architectures.readers.keras_names.arguments import INPUT_KINDS
from app.core.architectures.readers.keras_names.kinds import ALIASES, ONLY_KERAS_1, modern_kind

_KERAS = re.compile(
    r"^(?:tensorflow(?:\.compat\.v[12])?(?:\.python|\.contrib|\._api\.v\d)?\.keras(?:\.(?:api|python))?(?:\._v\d)?(?:\.keras)?"
    r"|(?:tf_keras|keras_core)(?:\.src)?|keras\._tf_keras\.keras|keras\.(?:api|src)(?:\._v\d)?(?:\.keras)?|tensorflow_core\.(?:python\.)?keras)(?=\.|$)"
)
_NO_LAYERS = frozenset(
    [
        "activations",
        "applications",
        "backend",
        "callbacks",
        "constraints",
        "datasets",
        "export",
        "initializers",
        "losses",
        "metrics",
        "mixed_precision",
        "ops",
        "optimizers",
        "preprocessing",
        "random",
        "regularizers",
        "saving",
        "tree",
        "utils",
        "wrappers",
        "distribution",
        "dtype_policies",
        "quantizers",
    ]
)
_LAYER_PLACES = frozenset(["layers", "engine", "legacy", "experimental"])
NETWORK_NAMES = frozenset(["Functional", "Model", "Network", "Sequential"])
_LOWER_CASE_LAYERS = frozenset(name for name in ALIASES if name[0].islower())

_WELL_KNOWN = {
    "K": "keras.backend",
    "keras": "keras",
    "layers": "keras.layers",
    "models": "keras.models",
    "ops": "keras.ops",
    "np": "numpy",
    "tf": "tensorflow",
    "os": "os",
    "math": "math",
    "plt": "matplotlib.pyplot",
    "pd": "pandas",
    "optimizers": "keras.optimizers",
    "regularizers": "keras.regularizers",
    "initializers": "keras.initializers",
    "constraints": "keras.constraints",
    "applications": "keras.applications",
    "callbacks": "keras.callbacks",
    "ImageDataGenerator": "keras.preprocessing.image.ImageDataGenerator",
    "image_dataset_from_directory": "keras.utils.image_dataset_from_directory",
    "Model": "keras.models.Model",
    "Sequential": "keras.models.Sequential",
    "Layer": "keras.layers.Layer",
    **{
        name: f"keras.callbacks.{name}"
        for name in ["EarlyStopping", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau", "TensorBoard"]
    },
    **{name: f"keras.optimizers.{name}" for name in ["Adam", "Adamax", "Nadam", "RMSprop", "SGD"]},
    **{name: f"keras.regularizers.{name}" for name in ["l1", "l2", "l1_l2"]},
    "glorot_uniform": "keras.initializers.glorot_uniform",
    "glorot_normal": "keras.initializers.glorot_normal",
    "he_normal": "keras.initializers.he_normal",
    "he_uniform": "keras.initializers.he_uniform",
    "RandomNormal": "keras.initializers.RandomNormal",
    "max_norm": "keras.constraints.max_norm",
    "maxnorm": "keras.constraints.max_norm",
}


def canonical(path: str) -> str:
    """The path with Keras's own address in front, whichever of its addresses it was imported from."""
    return _KERAS.sub("keras", path)


def well_known(name: str, catalogue: Catalogue) -> str | None:
    """What a name means that nobody imported, if everybody knows it."""
    if name in _WELL_KNOWN:
        return _WELL_KNOWN[name]
    if is_layer_name(name, catalogue) or name in INPUT_KINDS:
        return f"keras.layers.{name}"
    return f"keras.applications.{name}" if name in catalogue.applications else None


def is_layer_name(name: str, catalogue: Catalogue) -> bool:
    """Whether some Keras has a layer, or a function that makes one, of this name."""
    return (
        catalogue.layer(modern_kind(name, catalogue)) is not None
        or name in ALIASES
        or name in ONLY_KERAS_1
        or name == "Lambda"
    )


def starred(modules: list[str], name: str, catalogue: Catalogue) -> str | None:
    """Where a name comes from that `from module import *` brought."""
    for module in modules:
        if not module.startswith("keras"):
            continue
        if module.startswith("keras.layers") and (is_layer_name(name, catalogue) or name in {*INPUT_KINDS, "Layer"}):
            return f"{module}.{name}"
        if module.startswith("keras.models") and name in {*NETWORK_NAMES, "load_model", "model_from_json"}:
            return f"{module}.{name}"
        if module == "keras" and name in {
            "layers",
            "models",
            "optimizers",
            "backend",
            "callbacks",
            *INPUT_KINDS,
            *NETWORK_NAMES,
        }:
            return f"keras.{name}"
    return next((f"{module}.{name}" for module in modules if _may_hold(module, name)), None)


def is_keras_layer_path(path: str, catalogue: Catalogue) -> bool:
    """Whether a path names a class of layers of Keras: known, or at an address where layers are."""
    parts = path.split(".")
    if (
        parts[0] != "keras"
        or parts[-1] in NETWORK_NAMES
        or (len(parts) > 2 and parts[1] in _NO_LAYERS and not _preprocesses(parts))
    ):
        return False
    if is_layer_name(parts[-1], catalogue):
        return len(parts) > 1
    return len(parts) > 2 and parts[1] in _LAYER_PLACES and parts[-1][:1].isupper()


def is_lower_case_layer(name: str) -> bool:
    """Whether a name is a function that makes a merge layer and calls it (`concatenate`)."""
    return name in _LOWER_CASE_LAYERS


def _preprocesses(parts: list[str]) -> bool:
    return parts[1] == "experimental"


def _may_hold(module: str, name: str) -> bool:
    places = {
        "keras.callbacks": "keras.callbacks.",
        "keras.optimizers": "keras.optimizers.",
        "keras.regularizers": "keras.regularizers.",
        "keras.initializers": "keras.initializers.",
        "keras.preprocessing.image": "keras.preprocessing.image.",
    }
    known = _WELL_KNOWN.get(name, "")
    return module in places and known.startswith(places[module])
