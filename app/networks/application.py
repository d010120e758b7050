"""Networks of `keras.applications` as architectures, without their weights."""

import inspect
import json

import keras

from app.core.architectures.architecture import Architecture, Source
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.networks.catalogue import tell_catalogue
from app.networks.facts import forget_session
from app.networks.layers import first_line


def read_application(name: str, options: JsonObject) -> Architecture:
    """The network with these options; InvalidError where there is none of that name, or Keras refuses the options."""
    catalogue = tell_catalogue()
    if name not in catalogue.applications:
        raise InvalidError(f"keras.applications has no network {name!r}. It has {', '.join(catalogue.applications)}.")
    make = getattr(keras.applications, name)
    taken = set(inspect.signature(make).parameters) - {"weights", "input_tensor"}
    given = {option: tuple(value) if isinstance(value, list) else value for option, value in options.items()}
    surplus = sorted(given.keys() - taken - {"weights", "input_tensor"})
    if surplus:
        raise InvalidError(f"{name} takes no {', '.join(surplus)}. It takes {', '.join(sorted(taken))}.")
    try:
        with keras.StatelessScope(initialize_variables=False):
            network = make(**{option: value for option, value in given.items() if option in taken}, weights=None)
            text = network.to_json()
    except Exception as error:  # Keras raises what it likes for options it does not understand
        raise InvalidError(f"Keras does not take these options for {name}: {first_line(error)}") from error
    finally:
        forget_session()
    (definition,) = read_keras_json(json.loads(text), facts=InstalledKeras()).definitions
    source = Source(kind="application", preset=name, options=options)
    return definition.architecture.model_copy(update={"name": name, "source": source})


class InstalledKeras:
    """Implements reading.KerasFacts in the process that has Keras."""

    def catalogue(self) -> Catalogue:
        """Signatures of all layers and objects."""
        return tell_catalogue()

    def application(self, name: str, options: JsonObject) -> Architecture:
        """A network of `keras.applications`."""
        return read_application(name, options)
