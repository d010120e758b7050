"""Keras 1's Merge, as the layer of Keras 3 that does the same."""

from pydantic import JsonValue

from app.core.values import JsonObject

_MODES = {
    "ave": "Average",
    "average": "Average",
    "concat": "Concatenate",
    "cos": "Dot",
    "dot": "Dot",
    "max": "Maximum",
    "mul": "Multiply",
    "sum": "Add",
}
_ABOUT_THE_MERGE = frozenset(
    [
        "arguments",
        "concat_axis",
        "dot_axes",
        "inputs",
        "layers",
        "mode",
        "mode_type",
        "output_mask",
        "output_mask_type",
        "output_shape",
        "output_shape_type",
    ]
)


def merged(arguments: JsonObject) -> tuple[str, JsonObject]:
    """Kind and arguments; a mode that is a function of the user's stays a Merge, with its arguments."""
    mode = arguments.get("mode", "sum")
    kind = _MODES.get(mode) if isinstance(mode, str) else None
    if kind is None:
        return "Merge", arguments
    config = {key: value for key, value in arguments.items() if key not in _ABOUT_THE_MERGE}
    if kind == "Concatenate":
        config["axis"] = arguments.get("concat_axis", -1)
    if kind == "Dot":
        config["axes"] = _axes(arguments.get("dot_axes", -1))
        config |= {"normalize": True} if mode == "cos" else {}
    return kind, config


def _axes(axes: JsonValue) -> JsonValue:
    """Early versions held a list of axes for each side; one axis each is what Dot takes."""
    if isinstance(axes, list):
        return [side[0] if isinstance(side, list) and len(side) == 1 else side for side in axes]
    return axes
