"""From JSON to a Reading: one definition, and what could not be understood of it."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from app.core.architectures.architecture import LARGEST_LAYER_COUNT, Architecture, Source, Style
from app.core.architectures.readers.keras_json.documents import Document, read_document
from app.core.architectures.readers.keras_json.flatten import Flattener
from app.core.architectures.readers.keras_json.parser import Parser
from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.reading import Definition, KerasFacts, NotUnderstood, Reading
from app.core.architectures.written import symbols_in
from app.core.errors import InvalidError, TooLargeError


def read_keras_json(
    data: JsonValue | bytes, *, facts: KerasFacts, symbols: Mapping[str, JsonValue] | None = None
) -> Reading:
    """The network that an architecture JSON of Keras 1, 2 or 3 says, as text or as parsed data.

    `symbols` gives values to what the file leaves open: `{"*": [28, 28, 1]}` is the shape of an input that has none.
    InvalidError where the data is no network, TooLargeError where it is beyond all bounds; a layer or an argument that
    is not understood is noted, and the rest is read.
    """
    return read_network(read_document(data), facts=facts, kind="keras_json", symbols=symbols or {})


def read_network(document: Document, *, facts: KerasFacts, kind: str, symbols: Mapping[str, JsonValue]) -> Reading:
    """The reading of a network that was found in a source of that kind."""
    entry, catalogue = document.entry, facts.catalogue()
    if len(entry.members or []) > LARGEST_LAYER_COUNT:
        raise TooLargeError(
            f"The network has {len(entry.members or [])} layers; at most {LARGEST_LAYER_COUNT} are read."
        )
    parser = Parser(catalogue, document.era)
    graph = parser.network(entry)
    flat = Flattener(catalogue, document.era, document.theano_order, symbols)
    outputs = flat.outputs_of(graph)
    if not flat.calls:
        raise InvalidError(
            f"The {bare(entry.class_name)} received has no layer that could be read: "
            + ("; ".join(note.why for note in flat.not_understood[:3]) or "its list of layers is empty")
            + "."
        )
    notes = [*parser.not_understood, *flat.not_understood]
    if not outputs:
        notes.append(
            NotUnderstood(
                place=None, text="output_layers", why="the outputs are not in the file; the last layer is taken"
            )
        )
        outputs = [flat.calls[-1].id]
    architecture = _architecture(flat, outputs, name=graph.name, sequential=graph.sequential, source=Source(kind=kind))
    open_sizes = {name for shape in architecture.inputs for name in symbols_in(shape.json_object()["shape"])}
    return Reading(
        definitions=(Definition(architecture=architecture),),
        not_understood=tuple(notes),
        findings=tuple(flat.findings),
        symbols=tuple(sorted(open_sizes)),
    )


def _architecture(flat: Flattener, outputs: list[str], *, name: str, sequential: bool, source: Source) -> Architecture:
    readable = "".join(character for character in name if character.isprintable()).strip()[:200] or "network"
    try:
        functional = Architecture(
            name=readable,
            style=Style.FUNCTIONAL,
            source=source,
            inputs=tuple(flat.inputs),
            layers=tuple(flat.layers.values()),
            calls=tuple(flat.calls),
            outputs=tuple(outputs),
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "network"
        raise InvalidError(f"What the JSON says is no network that can be kept: {where}: {first['msg']}.") from error
    as_chain = sequential and functional.is_chain
    return functional.model_copy(update={"style": Style.SEQUENTIAL}) if as_chain else functional
