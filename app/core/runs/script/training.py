"""The pieces about the network: building, first weights, compiling, and the epochs."""

import textwrap
from typing import Any

from app.core.architectures.writers import write_code
from app.core.datasets.dataset import Split
from app.core.runs.configuration import Configuration
from app.core.runs.precision import with_plain_outputs
from app.core.runs.script.facts import ScriptFacts
from app.core.runs.script.schedule import changes
from app.core.runs.script.sections import Section

_OPTIMIZERS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adafactor": "Adafactor",
    "lamb": "Lamb",
    "lion": "Lion",
    "ftrl": "Ftrl",
    "muon": "Muon",
    "schedulefreeadamw": "ScheduleFreeAdamW",
}
"""Keras's class of each optimizer."""
_CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}

_MAKING = """model.optimizer.build(model.trainable_variables)
nothing = numpy.zeros((1, len(CLASSES)), dtype=numpy.float32)
model.compute_metrics(None, nothing, nothing)  # made while a step is traced, they would have it traced again
model.reset_metrics()"""

_STARTING = """source = keras.models.model_from_json(Path("start/architecture.json").read_text(encoding="utf-8"))
source.load_weights("start/{artifact}")
given = {{layer.name: layer.get_weights() for layer in source.layers}}
for layer in model.layers:
    weights = given.get(layer.name, [])
    if weights and [array.shape for array in weights] == [array.shape for array in layer.get_weights()]:
        layer.set_weights(weights)"""

_REGULARIZING = """for variable in model.trainable_variables:
    if variable.name in {{"kernel", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel"}} and variable.regularizer is None:
        variable.regularizer = keras.regularizers.L1L2(l1={l1!r}, l2={l2!r})"""

_COURSE = '''
{layers}


def weights_digest():
    """SHA-256 over all weights, in the order in which the layers are called."""
    by_name = {{layer.name: layer for layer in model.layers}}
    digest = hashlib.sha256()
    for number, name in enumerate(LAYERS, start=1):
        for position, array in enumerate(by_name[name].get_weights() if name in by_name else []):
            ordered = numpy.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(f"{{number}}:{{position}}:{{ordered.dtype.str}}:{{ordered.shape}}".encode())
            digest.update(ordered.tobytes())
    return digest.hexdigest()


def is_better(value, best, min_delta=0.0):
    """Whether a value beats the best before it; what is no number never does."""
    if value is None or best is None:
        return value is not None
    return {comparison}


class Course(keras.callbacks.Callback):
    """The order of each epoch{rates}, and the weights of the best one."""

    def __init__(self):
        super().__init__()
        self.monitored, self.digests = [], []
        self.best, self.best_epoch, self.best_weights = None, 0, None

    def on_epoch_begin(self, epoch, logs=None):
        training.start_epoch(epoch)
{setting}
    def on_epoch_end(self, epoch, logs=None):
        value = float(logs[{monitor!r}])
        value = value if math.isfinite(value) else None
        self.monitored.append(value)
        self.digests.append(weights_digest())  # here: averaged weights take their place once all epochs are done
        if self.best_epoch == 0 or is_better(value, self.best):
            self.best, self.best_epoch = value, epoch + 1
            self.best_weights = [numpy.array(array) for array in self.model.get_weights()]
{stopping}

course = Course()
history = model.fit(
    training,
    validation_data={validation},
    epochs=EPOCHS,
    shuffle=False,  # the batches know their order
    verbose=2,
    callbacks=[course],
)'''

_SETTING = """
    def on_train_batch_begin(self, batch, logs=None):
        step = len(self.monitored) * len(training) + batch
        self.model.optimizer.learning_rate = learning_rate(step, self.monitored)
"""

_STOPPING = """        best, waited = None, 0
        for value in self.monitored[{first}:]:
            best, waited = (value, 0) if is_better(value, best, {delta!r}) else (best, waited + 1)
        self.model.stop_training = waited >= {patience}
"""


_MEASURING = '''class Optimizer(keras.optimizers.{kind}):
    """Also keeps the norm of all gradients, as the run did: TensorFlow rounds otherwise where nobody asks for them."""

    def build(self, variables):
        super().build(variables)
        if not hasattr(self, "gradient_norm"):
            self.gradient_norm = self.add_variable(shape=(), name="gradient_norm")

    def apply(self, grads, trainable_variables=None):
        squares = [
            keras.ops.sum(keras.ops.square(keras.ops.cast(found, "float32"))) for found in grads if found is not None
        ]
        self.gradient_norm.assign(keras.ops.sqrt(sum(squares)))
        super().apply(grads, trainable_variables)


'''


def network(facts: ScriptFacts) -> Section:
    """The network as it was defined, in its style, from the run's seed."""
    asked = facts.run.configuration
    lines = ["keras.utils.set_random_seed(SEED)"]
    if asked.precision != "float32":
        lines.append(f"keras.config.set_dtype_policy({asked.precision!r})")
    if asked.deterministic and facts.backend == "tensorflow":
        lines.append("tf.config.experimental.enable_op_determinism()")
    architecture = with_plain_outputs(facts.architecture, asked)
    body = textwrap.indent(write_code(architecture, architecture.style).rstrip(), "    ")
    lines += ["", "", "def make_network():", body, "    return model", "", "", "model = make_network()"]
    lines.append(f"model(numpy.zeros({(1, *facts.preparation.shape)}, dtype=numpy.float32))")
    return Section("Network", f"{facts.architecture.name}, {architecture.style.value}.", "\n".join(lines))


def starting(facts: ScriptFacts) -> list[Section]:
    """Where the first weights come from another run; none where they come from the seed."""
    start = facts.run.start_from
    if start is None:
        return []
    text = (
        f"The run starts from the {start.weights} weights of run {start.run}: put its architecture.json and "
        f"{start.artifact} into a folder named start beside this file. A layer takes the weights of the layer of the "
        "same name where their shapes are the same."
    )
    code = [_STARTING.format(artifact=start.artifact)]
    if start.freeze:
        code.append(f"for layer in model.layers:\n    layer.trainable = layer.name not in {sorted(start.freeze)!r}")
    return [Section("First weights", text, "\n".join(code))]


def compiling(facts: ScriptFacts) -> Section:
    """Optimizer and loss."""
    asked = facts.run.configuration
    before = _MEASURING.format(kind=_OPTIMIZERS[asked.optimizer.name])
    if asked.regularization is not None:
        before += _REGULARIZING.format(l1=asked.regularization.l1, l2=asked.regularization.l2) + "\n\n"
    arguments = {
        "optimizer": _optimizer(asked),
        "loss": _loss(asked),
        "metrics": '["accuracy"]',
        "jit_compile": "False",
        "steps_per_execution": str(asked.steps_per_execution),
    }
    lines = ["model.compile(", *(f"    {name}={value}," for name, value in arguments.items()), ")"]
    lines.append(_MAKING)
    return Section("Optimizer and loss", "", before + "\n".join(lines))


def course(facts: ScriptFacts) -> Section:
    """The epochs: the best weights are those of the first epoch that none beats."""
    asked = facts.run.configuration
    has_validation = bool(facts.splits.get(Split.VALIDATION) and facts.splits[Split.VALIDATION].images)
    monitor = asked.monitor if has_validation else asked.monitor.removeprefix("val_")
    is_loss = monitor.endswith("loss")
    stopping = asked.early_stopping
    stops: dict[str, Any] = {} if stopping is None else {"delta": stopping.min_delta, "patience": stopping.patience}
    code = _COURSE.format(
        layers="\n".join(["LAYERS = [", *(f"    {name!r}," for name in facts.layers), "]"]),
        comparison="value < best - min_delta" if is_loss else "value > best + min_delta",
        rates=", the rate of each step" if changes(asked) else "",
        setting=_SETTING if changes(asked) else "",
        monitor=monitor,
        stopping="" if stopping is None else _STOPPING.format(first=stopping.start_from_epoch, **stops),
        validation="validating" if has_validation else "None",
    )
    text = f"The best epoch is the one of the best {monitor}."
    if facts.epochs and len(facts.epochs) < asked.epochs:
        text += f" The run was asked for {asked.epochs} epochs and ended after {len(facts.epochs)}."
    return Section("Training", text, code)


def _optimizer(asked: Configuration) -> str:
    given = {name: value for name, value in asked.optimizer.json_object().items() if value is not None}
    del given["name"]
    if asked.clipping is not None:
        given[_CLIPS[asked.clipping.kind]] = asked.clipping.threshold
    return f"Optimizer({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _loss(asked: Configuration) -> str:
    if asked.loss == "categorical_generalized_cross_entropy":
        return "keras.losses.CategoricalGeneralizedCrossEntropy()"
    if not asked.label_smoothing:
        return repr(asked.loss)
    # Those that smooth labels are called as their functions are, in capitals.
    name = "".join(part.capitalize() for part in asked.loss.split("_"))
    return f"keras.losses.{name}(label_smoothing={asked.label_smoothing!r})"
