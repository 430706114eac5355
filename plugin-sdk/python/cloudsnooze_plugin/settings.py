"""A function's typed parameters, read as the schema of its configuration."""

from __future__ import annotations

import inspect
import typing
from typing import Any, Callable, Union

Function = Callable[..., Any]

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
#: `int | None` has a type of its own from Python 3.10 on.
_UNIONS = (Union, getattr(__import__("types"), "UnionType", Union))
_NOTHING: Any = inspect.Parameter.empty


class Setting:
    """A default with what else is to know about a parameter. Made by `setting(…)`."""

    def __init__(self, default: Any, keywords: dict[str, Any]) -> None:
        self.default = default
        self.keywords = keywords


def setting(default: Any = _NOTHING, description: str = "", **keywords: Any) -> Any:
    """The default of a parameter with a description and JSON Schema's keywords (`minimum=0`, `pattern="^/"`).

    Without a default the configuration must have it.
    """
    return Setting(default, {"description": description, **keywords} if description else keywords)


def config_schema(functions: list[tuple[Function, frozenset[str]]]) -> dict[str, Any]:
    """The JSON Schema of the configuration parameters of some functions; each with the names that the host gives it."""
    properties: dict[str, Any] = {}
    for function, given in functions:
        hints = typing.get_type_hints(function)
        for parameter in config_parameters(function, given):
            default = default_of(parameter)
            field = _type_schema(hints.get(parameter.name, Any if default is _NOTHING else type(default)))
            if isinstance(parameter.default, Setting):
                field.update(parameter.default.keywords)
            if default is not _NOTHING:
                field["default"] = default
            # Functions that share a parameter need not say it all again.
            properties[parameter.name] = {**field, **properties.get(parameter.name, {})}
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    required = [name for name, field in properties.items() if "default" not in field]
    return {**schema, "required": required} if required else schema


def defaults(functions: list[tuple[Function, frozenset[str]]]) -> dict[str, Any]:
    """The configuration where nobody says anything: what one function has a default for, all have."""
    found: dict[str, Any] = {}
    for function, given in functions:
        for parameter in config_parameters(function, given):
            if default_of(parameter) is not _NOTHING:
                found.setdefault(parameter.name, default_of(parameter))
    return found


def config_parameters(function: Function, given: frozenset[str]) -> list[inspect.Parameter]:
    """The parameters that the configuration fills."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [each for each in parameters if each.name not in given and each.kind in named]


def default_of(parameter: inspect.Parameter) -> Any:
    """A parameter's default, or `inspect.Parameter.empty`."""
    return parameter.default.default if isinstance(parameter.default, Setting) else parameter.default


def arguments_for(function: Function, given: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments for a call: what the function names of `given`, and its part of the configuration."""
    wanted = inspect.signature(function).parameters
    arguments = {name: value for name, value in given.items() if name in wanted}
    for parameter in config_parameters(function, frozenset(given)):
        value = config.get(parameter.name, default_of(parameter))
        if value is _NOTHING:
            raise LookupError(f"the configuration has no `{parameter.name}`, which this plugin needs")
        arguments[parameter.name] = value
    return arguments


def _type_schema(hint: Any) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if hint is type(None):
        return {"type": "null"}
    if origin in _UNIONS:
        return _union([_type_schema(each) for each in arguments])
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _type_schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type_schema(arguments[1])}
    return {}


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    null = {"type": "null"}
    others = [each for each in schemas if each != null]
    if len(others) < len(schemas) and len(others) == 1:
        [one] = others
        if "enum" in one:
            return {"enum": [*one["enum"], None]}
        if isinstance(one.get("type"), str):
            return {**one, "type": [one["type"], "null"]}
    if all(list(each) == ["type"] for each in schemas):
        return {"type": [each["type"] for each in schemas]}
    return {"anyOf": schemas}
