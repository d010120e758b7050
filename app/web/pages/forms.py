"""Forms made from the same values that the API takes: fields out of a JSON Schema, values out of what was sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData

from app.core.errors import FieldError


@dataclass(frozen=True)
class Condition:
    """A field that has to have a value for others to count."""

    name: str
    value: str
    kind: str

    @property
    def text(self) -> str:
        """As the page marks the fields that depend on it."""
        return f"{self.name}={self.value}"

    @property
    def rule(self) -> str:
        """The CSS selector of what depends on it, in a form in which it holds; without quotes, which HTML would escape."""
        chosen = (
            f"[type=checkbox][name={_identifier(self.name)}]:checked"
            if self.kind == "switch"
            else f"[name={_identifier(self.name)}] option[value={_identifier(self.value)}]:checked"
        )
        return f":has({chosen}) [data-when={_identifier(self.text)}]"


@dataclass(frozen=True)
class Field:
    """One input: `name` is its name in the form, `path` the place of its value, `kind` one of number, text, choice, switch.

    A switch with `opens` stands for an object that may be left out: on, it is there.
    """

    name: str
    label: str
    kind: str
    value: str
    default: str
    path: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: str = "1"
    choices: tuple[str, ...] = ()
    hint: str | None = None
    optional: bool = False
    opens: bool = False
    when: Condition | None = None
    error: str | None = None


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=500)


Form = Annotated[FormData, Depends(_form)]
"""The urlencoded form of the request."""


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The inputs of an object's JSON Schema, nested objects in place, with the defaults as values."""
    return list(_fields(schema, schema.get("$defs", {}), name="", path=()))


def filled(fields: Sequence[Field], values: Mapping[str, str], errors: Sequence[FieldError]) -> list[Field]:
    """The inputs with what was sent in them, and what was wrong beside them."""
    said = {error.field: error.message for error in errors}
    return [
        replace(
            field,
            value=values.get(field.name, field.value),
            error=said.get(field.name) or (said.get(".".join(field.path)) if _counts(field, values) else None),
        )
        for field in fields
    ]


def flat(form: FormData, fields: Sequence[Field]) -> dict[str, str]:
    """What was sent for the inputs; of a switch's two values the last counts."""
    names = {field.name for field in fields}
    return {name: value for name, value in form.multi_items() if name in names and isinstance(value, str)}


def nested(values: Mapping[str, str], fields: Sequence[Field]) -> dict[str, Any]:
    """What was sent as objects in objects, without what does not count for what was chosen."""
    result: dict[str, Any] = {}
    for field in fields:
        value = values.get(field.name, "").strip()
        may_be_empty = field.optional or field.kind == "text"  # an empty text is the usual one
        if field.name not in values or not _counts(field, values) or (may_be_empty and not value):
            continue
        *parents, last = field.path
        place = result
        for parent in parents:
            place = place.setdefault(parent, {})
        if not field.opens:
            place[last] = value
        elif value == "true":
            place.setdefault(last, {})
    return result


def unnested(given: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, str]:
    """The inverse of `nested`: what would be sent for these objects; what a form has no input for is left out."""
    values: dict[str, str] = {}
    for field in fields:
        if not _counts(field, values):
            continue
        value: Any = given
        for part in field.path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if field.opens:
            values[field.name] = "false" if value is None else "true"
        elif not isinstance(value, Mapping):
            values[field.name] = "" if value is None else _text(value)
    return values


def conditions(fields: Iterable[Field]) -> list[Condition]:
    """Each condition on which any of the fields depends."""
    return list(dict.fromkeys(field.when for field in fields if field.when is not None))


def below(errors: Sequence[FieldError], prefix: str) -> list[FieldError]:
    """The errors with a leading path taken off their names."""
    return [FieldError(error.field.removeprefix(prefix), error.message) for error in errors]


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", r"\\\g<0>", text)


def _counts(field: Field, values: Mapping[str, str]) -> bool:
    return field.when is None or values.get(field.when.name) == field.when.value


def _fields(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], *, name: str, path: tuple[str, ...]
) -> Iterable[Field]:
    for key, given in schema.get("properties", {}).items():
        entry = _resolved(given, definitions)
        here, place = f"{name}{key}", (*path, key)
        options = [_resolved(option, definitions) for option in entry.get("anyOf", ())]
        kept = next((option for option in options if option.get("type") == "object" and "properties" in option), None)
        if "discriminator" in entry:
            yield from _variants(entry, definitions, name=here, path=place)
        elif kept is not None:
            title = entry.get("title", key)
            yield Field(here, title, "switch", "false", "false", place, hint=entry.get("description"), opens=True)
            when = Condition(here, "true", "switch")
            inner = _fields(kept, definitions, name=f"{here}.", path=place)
            yield from (replace(field, when=field.when or when) for field in inner)
        elif entry.get("type") == "object" and "properties" in entry:
            defaults = entry.get("default") or {}
            inner = _fields(entry, definitions, name=f"{here}.", path=place)
            yield from (_with_default(field, defaults.get(field.path[-1])) for field in inner)
        elif "const" not in entry:
            yield _field(here, place, _scalar(entry, options))


def _variants(
    entry: Mapping[str, Any], definitions: Mapping[str, Any], *, name: str, path: tuple[str, ...]
) -> Iterable[Field]:
    """Which of several objects, and the inputs of each, which count where it is chosen."""
    tag, default = entry["discriminator"]["propertyName"], entry.get("default") or {}
    made = {_resolved(option, definitions)["properties"][tag]["const"]: option for option in entry["oneOf"]}
    chosen = str(default.get(tag, next(iter(made))))
    chooser = f"{name}.{tag}"
    yield Field(
        chooser, entry.get("title", name), "choice", chosen, chosen, (*path, tag), choices=tuple(made),
        hint=entry.get("description"),
    )  # fmt: skip
    for variant, option in made.items():
        when = Condition(chooser, variant, "choice")
        inner = _fields(_resolved(option, definitions), definitions, name=f"{name}.{variant}.", path=path)
        yield from (replace(field, when=when) for field in inner if field.path[-1] != tag)


def _resolved(given: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**definitions[given["$ref"].rpartition("/")[2]], **given} if "$ref" in given else given


def _scalar(entry: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """A value that may be left out, or of which a form offers the simplest kind only, as one plain entry."""
    plain = [option for option in options if option.get("type") not in {"null", "object"}]
    if not plain:
        return entry
    optional = any(option.get("type") == "null" for option in options)
    return {**plain[0], **{key: value for key, value in entry.items() if key != "anyOf"}, "optional": optional}


def _with_default(field: Field, default: Any) -> Field:
    return field if default is None else replace(field, value=_text(default), default=_text(default))


def _field(name: str, path: tuple[str, ...], entry: Mapping[str, Any]) -> Field:
    default = _text("" if entry.get("default") is None else entry["default"])
    kinds = {"boolean": "switch", "string": "text"}
    kind = "choice" if "enum" in entry else kinds.get(entry.get("type", ""), "number")
    return Field(
        name=name,
        label=entry.get("title", name),
        kind=kind,
        value=default,
        default=default,
        path=path,
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        step="1" if entry.get("type") == "integer" else "any",
        choices=tuple(str(choice) for choice in entry.get("enum", ())),
        hint=entry.get("description"),
        optional=bool(entry.get("optional")),
    )


def _text(value: Any) -> str:
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
