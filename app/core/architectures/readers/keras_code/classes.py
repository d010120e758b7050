"""Classes of the source: instances, their methods, and networks and layers that are written as classes."""

import ast

from app.core.architectures.chain import snake_case
from app.core.architectures.readers.keras_code.functions import bound_arguments, call_function
from app.core.architectures.readers.keras_code.layers import apply_layer, custom_layer
from app.core.architectures.readers.keras_code.library_names import is_keras_layer_path
from app.core.architectures.readers.keras_code.limits import DEEPEST_VALUE
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.networks import add_all, new_functional
from app.core.architectures.readers.keras_code.tensor_shapes import known_shape
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    TRAINING,
    Arguments,
    Bound,
    Function,
    Instance,
    ModulePath,
    Network,
    NetworkKind,
    Super,
    UserClass,
)
from app.core.architectures.readers.keras_code.written_values import as_written, is_layer_like, leaves_in, tensors_in

_MAKES_WEIGHTS = frozenset(["add_weight", "add_variable", "Variable", "GradientTape"])


def instantiate(machine: Machine, cls: UserClass, arguments: Arguments) -> object:
    """`Name(...)` for a class of the source."""
    cls.was_used = True
    base = keras_base(machine, cls)
    instance = Instance(cls, is_of_keras=base is not None)
    if base in {"model", "sequential"}:
        kind: NetworkKind = "sequential" if base == "sequential" else "subclassed"
        instance.network = machine.new_network(kind, base=snake_case(cls.name))
        instance.network.instance = instance
    here = machine.here
    start = class_member(cls, "__init__")
    if isinstance(start, Function):
        call_function(machine, start, Arguments([instance, *arguments.positional], arguments.keywords, arguments.node))
    elif instance.network is not None:
        initialize(machine, instance, arguments)
    else:
        _take_fields(instance, arguments)
    machine.here = here
    if base == "layer":
        _make_layer(machine, instance, arguments)
    return instance


def _take_fields(instance: Instance, arguments: Arguments) -> None:
    """A class without a constructor of its own (a dataclass) takes its fields in their order."""
    fields = [name for name, value in instance.of.names.items() if not isinstance(value, Function)]
    instance.attributes.update(zip(fields, arguments.positional, strict=False))
    instance.attributes.update(arguments.keywords)


def class_member(cls: UserClass, name: str, *, after: UserClass | None = None) -> object:
    """What a class or one of its bases holds under a name; with `after`, only what comes behind that class."""
    found = [entry.names[name] for entry in _lineage(cls, after) if name in entry.names]
    return found[0] if found else MISSING


def keras_base(machine: Machine, cls: UserClass) -> str | None:
    """Whether a class is a `model`, a `sequential` or a `layer` of Keras, in the end."""
    for entry in _lineage(cls, None):
        for base in entry.bases:
            if not isinstance(base, ModulePath):
                continue
            if base.name in {"Model", "Network", "Functional"}:
                return "model"
            if base.name == "Sequential":
                return "sequential"
            if is_keras_layer_path(base.path, machine.catalogue):
                return "layer"
    return None


def initialize(machine: Machine, instance: Instance, arguments: Arguments) -> None:
    """The constructor of Keras's own base class."""
    network = instance.network
    if network is None:
        name = arguments.keywords.get("name")
        instance.attributes.setdefault("name", name)
        return
    name = arguments.keywords.get("name")
    network.name = name if isinstance(name, str) else network.name
    if network.kind == "sequential":
        add_all(machine, network, arguments.take(0, "layers"))
    elif len(arguments.positional) > 1 or any(
        key in arguments.keywords for key in ("inputs", "outputs", "input", "output")
    ):
        new_functional(machine, arguments, network=network)


def call_instance(machine: Machine, instance: Instance, arguments: Arguments) -> object:
    """An instance is called: as a layer, as a network, or by its `__call__`."""
    if instance.layer is not None:
        return apply_layer(machine, instance.layer, arguments)
    if instance.network is not None:
        return _call_as_network(machine, instance.network, arguments)
    method = class_member(instance.of, "__call__")
    if not isinstance(method, Function):
        method = class_member(instance.of, "call")
    if isinstance(method, Function):
        given = Arguments([instance, *arguments.positional], arguments.keywords, arguments.node, arguments.written)
        return call_function(machine, method, given)
    return machine.unknown(arguments.text or f"{instance.of.name}(…)")


def follow(machine: Machine, network: Network, given: object, *, is_nested: bool) -> object:
    """What `call` yields for these tensors; its layers are those of the network, also where it is inside another."""
    instance = network.instance
    method = class_member(instance.of, "call") if instance is not None else MISSING
    if instance is None or not isinstance(method, Function):
        machine.note(network.place, network.base, "this class has no `call` that could be followed")
        return None
    _build(machine, instance, given)
    one = given[0] if isinstance(given, list) and len(given) == 1 else given
    path, outer = machine.path, machine.given
    machine.path = (*path, network) if is_nested else path
    machine.given = next(tensors_in(given), None)
    arguments = Arguments([instance, one], {})
    if "training" in _parameters(method):
        arguments.keywords["training"] = TRAINING
    try:
        return call_function(machine, method, arguments)
    finally:
        machine.path, machine.given = path, outer


def method_of(
    machine: Machine, receiver: object, cls: UserClass, name: str, *, after: UserClass | None = None
) -> object:
    """A member of a class as its instance sees it."""
    member = class_member(cls, name, after=after)
    if not isinstance(member, Function):
        return member
    if member.form == "static":
        return member
    if member.form == "property":
        return call_function(machine, member, Arguments([receiver], {}))
    return Bound(member, cls if member.form == "class" else receiver)


def super_member(machine: Machine, value: Super, name: str) -> object:
    """`super().name`."""
    cls = value.receiver.of if isinstance(value.receiver, Instance) else value.after
    return method_of(machine, value.receiver, cls, name, after=value.after)


def _lineage(cls: UserClass, after: UserClass | None) -> list[UserClass]:
    """The class and its bases, nearest first."""
    found: list[UserClass] = []
    waiting: list[object] = [cls]
    while waiting and len(found) < DEEPEST_VALUE:
        entry = waiting.pop(0)
        if isinstance(entry, UserClass) and entry not in found:
            found.append(entry)
            waiting.extend(entry.bases)
    return found[found.index(after) + 1 :] if after in found else found


def _make_layer(machine: Machine, instance: Instance, arguments: Arguments) -> None:
    """A class of layers is followed where it is made of layers, and is one layer of an unknown kind where it is not."""
    if _is_made_of_layers(instance):
        network = machine.new_network("subclassed", base=snake_case(instance.of.name))
        network.instance, network.is_block = instance, True
        name = instance.attributes.get("name", arguments.keywords.get("name"))
        network.name = name if isinstance(name, str) else None
        instance.network = network
        return
    start = class_member(instance.of, "__init__")
    given = dict(arguments.keywords)
    if isinstance(start, Function):
        given = bound_arguments(
            start, Arguments([instance, *arguments.positional], arguments.keywords), only_given=True
        )
    else:
        given |= {str(number): value for number, value in enumerate(arguments.positional)}
    kind = instance.of.name if machine.catalogue.layer(instance.of.name) is None else f"Custom_{instance.of.name}"
    instance.layer = custom_layer(machine, kind, {key: as_written(value) for key, value in given.items()})


def _is_made_of_layers(instance: Instance) -> bool:
    methods = [
        member for cls in _lineage(instance.of, None) for member in cls.names.values() if isinstance(member, Function)
    ]
    if not isinstance(class_member(instance.of, "call"), Function) or any(_makes_weights(method) for method in methods):
        return False
    if any(
        isinstance(base, ModulePath) and base.name != "Layer"
        for cls in _lineage(instance.of, None)
        for base in cls.bases
    ):
        return False  # a Conv2D of somebody's own does what nobody can tell
    return _holds_layers(instance.attributes) or isinstance(class_member(instance.of, "build"), Function)


def _makes_weights(method: Function) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr in _MAKES_WEIGHTS)
        or (isinstance(node, ast.Name) and node.id in _MAKES_WEIGHTS)
        for node in ast.walk(method.node)
    )


def _holds_layers(value: object) -> bool:
    return any(is_layer_like(entry) for entry in leaves_in(value))


def _build(machine: Machine, instance: Instance, given: object) -> None:
    """Layers may be made in `build`, once, when the shape of the input is there."""
    method = class_member(instance.of, "build")
    if not isinstance(method, Function) or "is built" in instance.attributes:
        return
    instance.attributes["is built"] = True
    first = next(tensors_in(given), None)
    shape: object = machine.unknown("input_shape")
    if first is not None and first.node.shape is not None:
        shape = known_shape(machine, first, "input_shape")
    call_function(machine, method, Arguments([instance, shape], {}))


def _call_as_network(machine: Machine, network: Network, arguments: Arguments) -> object:
    tensors = [*tensors_in(arguments.positional), *tensors_in(list(arguments.keywords.values()))]
    if not tensors:
        _learn_shape(network, arguments)
        return machine.unknown(arguments.text or f"{network.base}(…)")
    if network.kind != "subclassed":
        return machine.call(network, arguments)
    network.is_inside = True
    given = arguments.positional[0] if len(arguments.positional) == 1 else list(arguments.positional) or tensors
    if network.first_call is None and not machine.path:
        network.first_call = given
    return machine.follow(network, given)


def _learn_shape(network: Network, arguments: Arguments) -> None:
    """`model(tf.zeros((1, 28, 28, 3)))` tells the shape, if not the batch."""
    given = arguments.positional[0] if arguments.positional else None
    record = getattr(given, "record", None)
    if record is None or record.function.rpartition(".")[2] not in {
        "zeros",
        "ones",
        "normal",
        "uniform",
        "rand",
        "randn",
    }:
        return
    sizes = (
        list(record.arguments.values())
        if record.function.endswith(("rand", "randn"))
        else record.arguments.get("0", record.arguments.get("shape"))
    )
    if isinstance(sizes, list | tuple) and len(sizes) > 1 and all(isinstance(size, int) for size in sizes):
        network.given_shape = [None, *[size for size in sizes[1:] if isinstance(size, int)]]


def _parameters(function: Function) -> list[str]:
    arguments = function.node.args
    return [entry.arg for entry in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
