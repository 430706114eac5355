"""A function's typed parameters, read as a JSON Schema of its configuration."""

from __future__ import annotations

import inspect
import typing
from typing import Any, Callable, Union

#: Parameters that are given by the host and not by the configuration.
GIVEN = ("metrics", "context", "config", "event")

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
#: `int | None` has a type of its own from Python 3.10 on.
_UNIONS = (Union, getattr(__import__("types"), "UnionType", Union))


def config_schema(functions: list[Callable[..., Any]]) -> dict[str, Any]:
    """The JSON Schema (draft-07) of all configuration parameters of some functions."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for function in functions:
        hints = typing.get_type_hints(function)
        for parameter in config_parameters(function):
            field = _type_schema(hints.get(parameter.name, Any))
            if parameter.default is not parameter.empty:
                field["default"] = parameter.default
            elif parameter.name not in required:
                required.append(parameter.name)
            properties.setdefault(parameter.name, field)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def config_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters that the configuration fills."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [each for each in parameters if each.name not in GIVEN and each.kind in named]


def arguments_for(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments for a call: what the function names of `given`, and its part of the configuration."""
    config = given.get("config", {})
    wanted = inspect.signature(function).parameters
    arguments = {name: given.get(name) for name in GIVEN if name in wanted}
    for parameter in config_parameters(function):
        if parameter.name in config:
            arguments[parameter.name] = config[parameter.name]
        elif parameter.default is parameter.empty:
            raise LookupError(f"the configuration has no `{parameter.name}`, which this plugin needs")
    return arguments


def _type_schema(hint: Any) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if origin in _UNIONS:
        return {"anyOf": [_type_schema(each) for each in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _type_schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type_schema(arguments[1])}
    if hint is type(None):
        return {"type": "null"}
    return {}
