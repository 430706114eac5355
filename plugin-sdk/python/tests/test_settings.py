import unittest
from typing import Dict, List, Literal, Optional, Union

from cloudsnooze_plugin import setting
from cloudsnooze_plugin.settings import arguments_for, config_schema, defaults

CHECK = frozenset({"metrics", "context", "config"})
EVENT = frozenset({"event", "config"})


def every_type(metrics, url: str, limit: int = 5, ratio: float = 0.5, on: bool = True, names: List[str] = ["a"]):
    pass


def harder(event, kind: Literal["soft", "hard"] = "soft", labels: Dict[str, int] = {}, path: Optional[str] = None):
    pass


def told(port: int = setting(6379, "where it listens", minimum=1), key: str = setting(description="needed"), plain=3):
    pass


def unions(a: Union[str, int] = 1, b: Union[str, List[str]] = "", c: Optional[Literal["x"]] = None):
    pass


def properties(function, given=CHECK):
    return config_schema([(function, given)])["properties"]


class ConfigSchema(unittest.TestCase):
    def test_types_and_defaults_of_the_parameters_become_properties(self):
        found = properties(every_type)
        self.assertEqual(found["url"], {"type": "string"})
        self.assertEqual(found["limit"], {"type": "integer", "default": 5})
        self.assertEqual(found["ratio"], {"type": "number", "default": 0.5})
        self.assertEqual(found["on"], {"type": "boolean", "default": True})
        self.assertEqual(found["names"], {"type": "array", "items": {"type": "string"}, "default": ["a"]})

    def test_what_the_host_gives_is_no_configuration(self):
        self.assertNotIn("metrics", properties(every_type))
        self.assertNotIn("event", properties(harder, EVENT))

    def test_a_parameter_without_a_default_is_required(self):
        self.assertEqual(config_schema([(every_type, CHECK)])["required"], ["url"])
        self.assertNotIn("required", config_schema([(harder, EVENT)]))

    def test_choices_maps_and_optional_values(self):
        found = properties(harder, EVENT)
        self.assertEqual(found["kind"]["enum"], ["soft", "hard"])
        self.assertEqual(found["labels"]["additionalProperties"], {"type": "integer"})
        self.assertEqual(found["path"], {"type": ["string", "null"], "default": None})

    def test_one_of_several_types(self):
        found = properties(unions)
        self.assertEqual(found["a"]["type"], ["string", "integer"])
        self.assertEqual(found["b"]["anyOf"], [{"type": "string"}, {"type": "array", "items": {"type": "string"}}])
        self.assertEqual(found["c"], {"enum": ["x", None], "default": None})

    def test_a_setting_has_a_description_and_bounds(self):
        schema = config_schema([(told, CHECK)])
        port = {"type": "integer", "description": "where it listens", "minimum": 1, "default": 6379}
        self.assertEqual(schema["properties"]["port"], port)
        self.assertEqual(schema["properties"]["key"], {"type": "string", "description": "needed"})
        self.assertEqual(schema["properties"]["plain"], {"type": "integer", "default": 3})
        self.assertEqual(schema["required"], ["key"])

    def test_a_field_of_two_functions_stands_once_with_what_either_says_of_it(self):
        def other(event, url: str = setting(description="the URL")):
            pass

        schema = config_schema([(every_type, CHECK), (other, EVENT)])
        self.assertEqual(schema["required"], ["url"])
        self.assertEqual(schema["properties"]["url"]["description"], "the URL")

    def test_what_one_function_has_a_default_for_the_others_need_not_repeat(self):
        def other(event, limit: int, port: int):
            pass

        functions = [(other, EVENT), (told, CHECK)]
        self.assertEqual(config_schema(functions)["properties"]["port"]["default"], 6379)
        self.assertEqual(config_schema(functions)["required"], ["limit", "key"])
        self.assertEqual(defaults(functions), {"port": 6379, "plain": 3})

    def test_a_key_that_is_no_parameter_is_refused(self):
        self.assertFalse(config_schema([(every_type, CHECK)])["additionalProperties"])


class Arguments(unittest.TestCase):
    def test_a_function_gets_what_it_names_and_nothing_else(self):
        given = {"metrics": {"cpu_usage": 1}, "context": {}}
        found = arguments_for(every_type, given, {"url": "u", "limit": 9, "other": 1})
        standard = {"ratio": 0.5, "on": True, "names": ["a"]}
        self.assertEqual(found, {"metrics": {"cpu_usage": 1}, "url": "u", "limit": 9, **standard})

    def test_the_default_of_a_setting_is_its_value(self):
        self.assertEqual(arguments_for(told, {}, {"key": "k"}), {"port": 6379, "key": "k", "plain": 3})

    def test_a_missing_required_field_is_named(self):
        with self.assertRaisesRegex(LookupError, "`url`"):
            arguments_for(every_type, {"metrics": {}}, {})
