import unittest
from typing import Dict, List, Literal, Optional

from cloudsnooze_plugin.schema import arguments_for, config_schema


def every_type(metrics, url: str, limit: int = 5, ratio: float = 0.5, on: bool = True, names: List[str] = ["a"]):
    pass


def harder(event, kind: Literal["soft", "hard"] = "soft", labels: Dict[str, int] = {}, path: Optional[str] = None):
    pass


class ConfigSchema(unittest.TestCase):
    def test_types_and_defaults_of_the_parameters_become_properties(self):
        properties = config_schema([every_type])["properties"]
        self.assertEqual(properties["url"], {"type": "string"})
        self.assertEqual(properties["limit"], {"type": "integer", "default": 5})
        self.assertEqual(properties["ratio"], {"type": "number", "default": 0.5})
        self.assertEqual(properties["on"], {"type": "boolean", "default": True})
        self.assertEqual(properties["names"], {"type": "array", "items": {"type": "string"}, "default": ["a"]})

    def test_what_the_host_gives_is_no_configuration(self):
        self.assertNotIn("metrics", config_schema([every_type])["properties"])
        self.assertNotIn("event", config_schema([harder])["properties"])

    def test_a_parameter_without_a_default_is_required(self):
        self.assertEqual(config_schema([every_type])["required"], ["url"])
        self.assertNotIn("required", config_schema([harder]))

    def test_choices_maps_and_optional_values(self):
        properties = config_schema([harder])["properties"]
        self.assertEqual(properties["kind"]["enum"], ["soft", "hard"])
        self.assertEqual(properties["labels"]["additionalProperties"], {"type": "integer"})
        self.assertEqual(properties["path"]["anyOf"], [{"type": "string"}, {"type": "null"}])

    def test_a_field_of_two_functions_stands_once(self):
        self.assertEqual(config_schema([every_type, every_type])["required"], ["url"])


class Arguments(unittest.TestCase):
    def test_a_function_gets_what_it_names_and_nothing_else(self):
        given = {"metrics": {"cpu_usage": 1}, "context": {}, "config": {"url": "u", "limit": 9, "other": 1}}
        self.assertEqual(arguments_for(every_type, given), {"metrics": {"cpu_usage": 1}, "url": "u", "limit": 9})

    def test_a_missing_required_field_is_named(self):
        with self.assertRaisesRegex(LookupError, "`url`"):
            arguments_for(every_type, {"config": {}})
