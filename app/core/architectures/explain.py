"""Compares two architectures: differences row by row, their causes, what follows, what is no cause."""

from collections import Counter, defaultdict

from app.core.architectures.architecture import Architecture, Shape, Style, source_of
from app.core.architectures.causes import Investigation, TablesOf
from app.core.architectures.differences import (
    AlignedRow,
    Cause,
    Change,
    Consequence,
    Counts,
    Differences,
    Excluded,
    Explained,
    Origin,
    Status,
)
from app.core.architectures.explanation import cause_text, is_written_out, title, torn_names, what_differs
from app.core.architectures.failure_explanation import failure_text
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.observation import DERIVED, SHAPE_FIELDS, Field

_SIZES = SHAPE_FIELDS - {"present"}
_HIDDEN = frozenset({"reached"})  # said by a row's status


def explain(left: Architecture, right: Architecture, tables_of: TablesOf) -> Differences:
    """Everything that differs between two architectures and why, each cause tried on the left definition."""
    found = Investigation(left, right, tables_of)
    found.run()
    smallest = found.smallest_set()
    causes = _causes(found)
    consequences = _consequences(found, causes)
    identical = not found.differing
    return Differences(
        identical=identical,
        parameters=Counts(left=found.left_table.totals.parameters, right=found.right_table.totals.parameters),
        rows=tuple(_rows(found, causes)),
        causes=tuple(causes),
        consequences=tuple(consequences),
        excluded=tuple(_excluded(found)),
        summary=_summary(found, causes, smallest),
        smallest_set=tuple(causes[number].id for number in smallest),
        cut=found.cut,
    )


def repaired(left: Architecture, right: Architecture, tables_of: TablesOf, *, causes: list[str]) -> Architecture:
    """The left with some of the causes applied, in its own style where that style can say it."""
    found = Investigation(left, right, tables_of)
    chosen = [number for number, suspect in enumerate(found.suspects) if suspect.id in causes]
    mixed = found.mixture(chosen).architecture
    style = left.style if left.style is not Style.SEQUENTIAL or mixed.is_chain else Style.FUNCTIONAL
    return mixed.model_copy(update={"style": style})


def _causes(found: Investigation) -> list[Cause]:
    causes = []
    torn = torn_names(found.suspects)
    for number, suspect in enumerate(found.suspects):
        claims = {entry for entry in found.claims(number) if entry[0] >= 0 and entry[1] not in _HIDDEN}
        shapes = any(name in SHAPE_FIELDS for _, name in claims)
        effect = found.effect(number)
        rows = len({row for row, _ in claims})
        text = cause_text(suspect, found.pairing.left, explained_rows=rows, effect=effect, shapes=shapes, torn=torn)
        if suspect.rows and not any(_reached_somewhere(found, row) for row in suspect.rows):
            text = f"{what_differs(suspect)} Neither network can be built that far, so what it does to shapes is not known."
        causes.append(
            Cause(
                id=suspect.id,
                kind=suspect.kind,
                field=suspect.field,
                layer_kind=suspect.layer_kind,
                left=suspect.left,
                right=suspect.right,
                layers=suspect.layers,
                rows=suspect.rows,
                parameter_effect=effect,
                alone=found.effect_alone(number),
                affects_shapes=shapes,
                explains=tuple(Explained(row=row, field=name) for row, name in sorted(claims)),
                verified=found.verified(number),
                title=title(suspect),
                explanation=text,
            )
        )
    return causes


def _reached_somewhere(found: Investigation, row: int) -> bool:
    left, right = found.pairing.alignment.pairs[row]
    graphs = found.pairing.left.nodes, found.pairing.right.nodes
    return any(nodes[name].row.reached for nodes, name in zip(graphs, (left, right), strict=True) if name)


def _rows(found: Investigation, causes: list[Cause]) -> list[AlignedRow]:
    own: dict[Field, bool] = defaultdict(bool)
    for cause in causes:
        for entry in cause.explains:
            own[entry.row, entry.field] |= entry.row in cause.rows
    by_row: dict[int, list[str]] = defaultdict(list)
    for row, name in found.differing:
        by_row[row].append(name)
    rows = []
    for number, (left, right) in enumerate(found.pairing.alignment.pairs):
        names = sorted((name for name in by_row[number] if name not in _HIDDEN), key=_order)
        changes = tuple(
            Change(
                field=name,
                left=found.seen_left.get((number, name)),
                right=found.seen_right.get((number, name)),
                origin=_origin(number, name, own),
            )
            for name in names
        )
        kind = (found.pairing.left.nodes[left] if left else found.pairing.right.nodes[right or ""]).kind
        status = _status(found, left, right, changed=bool(changes))
        rows.append(AlignedRow(left=left, right=right, kind=kind, status=status, changes=changes))
    return rows


def _order(name: str) -> tuple[int, str]:
    return (DERIVED.index(name) + 1, "") if name in DERIVED else (0, name)


def _origin(row: int, name: str, own: dict[Field, bool]) -> Origin:
    if name == "input_shapes":
        return "inherited"
    return "introduced" if name not in DERIVED or own[row, name] else "inherited"


def _status(found: Investigation, left: str | None, right: str | None, *, changed: bool) -> Status:
    failures = {
        (side, table.failure.call)
        for side, table in (("left", found.left_table), ("right", found.right_table))
        if table.failure is not None
    }
    if ("left", left) in failures or ("right", right) in failures:
        return "stopped"
    nodes = [found.pairing.left.nodes[left]] if left else []
    nodes += [found.pairing.right.nodes[right]] if right else []
    if not all(node.row.reached for node in nodes):
        return "unreached"
    if left is None or right is None:
        return "removed" if right is None else "added"
    return "differs" if changed else "same"


def _consequences(found: Investigation, causes: list[Cause]) -> list[Consequence]:
    stopping = _stops(found, causes)
    told = {name for consequence in stopping for name in consequence.causes}
    inherited = [
        Consequence(
            cause=cause.id,
            causes=(cause.id,),
            explanation=f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} whose own definition is the same "
            f"{'inherits' if len(rows) == 1 else 'inherit'} other shapes or sizes from it.",
            rows=rows,
        )
        for cause in causes
        if cause.id not in told and (rows := _inheriting(cause))
    ]
    return [*stopping, *inherited]


def _inheriting(cause: Cause) -> tuple[int, ...]:
    rows = {entry.row for entry in cause.explains if entry.field in DERIVED and entry.row not in cause.rows}
    return tuple(sorted(rows))


def _stops(found: Investigation, causes: list[Cause]) -> list[Consequence]:
    consequences = []
    for side, table, graph in (
        ("left", found.left_table, found.pairing.left),
        ("right", found.right_table, found.pairing.right),
    ):
        if table.failure is None:
            continue
        call = table.failure.call
        row = found.pairing.row_of[side, call]
        numbers = sorted(found.everything)
        guilty = [number for number in numbers if _made_it_stop(found, number, side, row)]
        guilty = guilty or [number for number in numbers if _helped_to_stop(found, number, side, row)]
        if not guilty:
            continue
        behind = [name for name, node in graph.nodes.items() if not node.row.reached and name != call]
        text = failure_text(graph, call, side=side, unreached=len(behind), message=table.failure.message)
        rows = sorted(found.pairing.row_of[side, name] for name in [call, *behind])
        names = tuple(causes[number].id for number in guilty)
        consequences.append(Consequence(cause=names[0], causes=names, explanation=text, rows=tuple(rows)))
    return consequences


def _made_it_stop(found: Investigation, number: int, side: str, row: int) -> bool:
    """Whether building goes beyond the place once this cause alone is mended (on the right: taken back)."""
    chosen = frozenset({number}) if side == "left" else found.everything - {number}
    trial = found.trials.get(chosen)
    return trial is not None and (trial.stops_at_row is None or trial.stops_at_row > row)


def _helped_to_stop(found: Investigation, number: int, side: str, row: int) -> bool:
    """Where no cause alone decides it: whether building still stops there with all others mended (right: with it alone)."""
    other, chosen = found.everything, found.everything - {number}
    if side == "right":
        other, chosen = frozenset(), frozenset({number})
    passes, trial = found.trials.get(other), found.trials.get(chosen)
    if passes is None or trial is None or (passes.stops_at_row is not None and passes.stops_at_row <= row):
        return False
    return trial.stops_at_row is not None and trial.stops_at_row <= row


def _excluded(found: Investigation) -> list[Excluded]:
    excluded = []
    left, right = found.left, found.right
    everything = found.trials.get(found.everything)
    if left.style is not right.style:
        proof = (
            "built with all causes applied, the left’s table equals the right’s in every row"
            if found.suspects and everything is not None and not everything.remaining
            else "both tables are built call by call, and the style is no part of them"
        )
        excluded.append(
            Excluded(
                what="style",
                explanation=f"The left is written in the {left.style.value} style and the right in the {right.style.value} "
                f"style. That is not a cause: {proof}. That Keras lists an InputLayer for one style and not for the other "
                "changes nothing either; equal definitions train to the same weights from one seed in every style.",
            )
        )
    renamed = sum(
        one.layer is not None and one.layer != two.layer
        for left_id, right_id in found.pairing.right_of.items()
        for one, two in [(found.pairing.left.nodes[left_id], found.pairing.right.nodes[right_id])]
    )
    if renamed:
        excluded.append(
            Excluded(
                what="names",
                explanation=f"{renamed} {'layer is' if renamed == 1 else 'layers are'} called otherwise on the right. Names "
                "change no shape and no weight.",
            )
        )
    return excluded


def _summary(found: Investigation, causes: list[Cause], smallest: tuple[int, ...]) -> str:
    halves = (
        "" if not found.left_table.failure or not found.right_table.failure else " Neither network can be completed."
    )
    return f"{_what_explains(found, causes, smallest)}{halves}"


def _what_explains(found: Investigation, causes: list[Cause], smallest: tuple[int, ...]) -> str:
    if not found.differing:
        return "Nothing differs: both definitions amount to the same network, row by row."
    if all(is_written_out(suspect) for suspect in found.suspects):
        return "Both networks compute the same: activations that one gives as arguments are layers of their own in the other."
    if _same_sizes(found):
        return "All shapes and parameters are equal. What differs may change how the network computes or trains."
    if len(smallest) == 1:
        what = what_differs(found.suspects[smallest[0]])
        # A name or a kind keeps its capital.
        what = f"the {what[4:]}" if what.startswith("The ") else what
        return f"One cause explains every difference in shape and parameters: {what}"
    counts = Counter(causes[number].title.lower() for number in smallest)
    names = ", ".join(name if count == 1 else f"{name} ({count} times)" for name, count in counts.items())
    return f"{len(smallest)} causes together explain every difference in shape and parameters: {names}."


def _same_sizes(found: Investigation) -> bool:
    """Whether nothing has other sizes; what one layer in place of another changes shows in the totals and the outputs."""
    names = {name for _, name in found.differing}
    if not names.isdisjoint(_SIZES) or "present" not in names:
        return names.isdisjoint(_SIZES)
    left, right = (
        (table.totals.parameters, [_yielded(table, name) for name in architecture.outputs])
        for architecture, table in ((found.left, found.left_table), (found.right, found.right_table))
    )
    return left == right


def _yielded(table: LayerTable, reference: str) -> Shape | None:
    rows = {row.call: row for row in table.rows}
    name, number = source_of(reference, rows)
    shapes = rows[name].output_shapes or ()
    return shapes[number] if number < len(shapes) else None
