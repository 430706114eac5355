import unittest

from cloudsnooze_plugin import busy, canceled, idle, plugin


@plugin("queue-monitor", version="1.2.3")
def check(metrics, limit: int = 5):
    """Busy while jobs wait."""
    jobs = metrics.get("jobs", 0)
    return idle(f"{jobs} jobs", jobs=jobs) if jobs < limit else busy(f"{jobs} jobs, not under {limit}")


@check.on("cloud.spot.interrupt", priority=70)
def save(event, bucket: str = "b"):
    return False if event["data"].get("decline") else {"saved_to": bucket}


@plugin("silent", version="1.0.0")
def silent():
    pass


class Verdicts(unittest.TestCase):
    def test_the_check_can_be_asked_without_a_process(self):
        self.assertEqual(check.verdict({"jobs": 4}).as_result(), {"is_idle": True, "reason": "4 jobs", "details": {"jobs": 4}})
        self.assertFalse(check.verdict({"jobs": 4}, limit=4).is_idle)

    def test_a_check_that_returns_nothing_is_an_error_and_no_verdict(self):
        with self.assertRaisesRegex(TypeError, "silent returned None, expected idle"):
            silent.verdict()

    def test_canceled_is_false_outside_of_a_call(self):
        self.assertFalse(canceled())


class Manifest(unittest.TestCase):
    def test_it_is_made_from_the_functions(self):
        manifest = check.manifest()
        self.assertEqual(manifest["name"], "queue-monitor")
        self.assertEqual(manifest["version"], "1.2.3")
        self.assertEqual(manifest["description"], "Busy while jobs wait.")
        self.assertEqual(manifest["capabilities"], ["check_idle", "handle_event"])
        self.assertEqual(manifest["events"], {"cloud.spot.interrupt": {"priority": 70, "mode": "handle"}})
        self.assertEqual(set(manifest["config_schema"]["properties"]), {"limit", "bucket"})

    def test_a_plugin_without_events_lists_none(self):
        self.assertNotIn("events", silent.manifest())
