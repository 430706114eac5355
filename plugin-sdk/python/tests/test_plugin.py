import json
import os
import subprocess
import sys
import unittest
from datetime import datetime, timedelta, timezone

from cloudsnooze_plugin import Event, busy, canceled, finding, idle, plugin, seconds_left
from cloudsnooze_plugin.verdict import as_command_result, as_diagnosis, as_health, as_snooze_answer


@plugin("queue-monitor", version="1.2.3", tags=["queue"], permissions={"read": ["/var/spool"]})
def check(metrics, limit: int = 5):
    """Busy while jobs wait
    in a spool folder.

    More about it.
    """
    jobs = metrics.get("jobs", 0)
    return idle(f"{jobs} jobs", jobs=jobs) if jobs < limit else busy(f"{jobs} jobs, not under {limit}")


@check.on("cloud.spot.interrupt", "custom.save", priority=70)
def save(event, bucket: str = "b"):
    return False if event.data.get("decline") else {"saved_to": bucket}


@check.diagnose
def faults():
    return []


@check.command
def empty_it(args):
    return f"emptied {args}"


def returning(value):
    @plugin("returns", version="1.0.0")
    def asked():
        """Idle when nobody prints."""
        return value

    return asked


class Verdicts(unittest.TestCase):
    def test_the_check_can_be_asked_without_a_process(self):
        expected = {"is_idle": True, "reason": "4 jobs", "details": {"jobs": 4}}
        self.assertEqual(check.verdict({"jobs": 4}).as_result(), expected)
        self.assertFalse(check.verdict({"jobs": 4}, limit=4).is_idle)

    def test_a_bool_takes_its_reason_from_the_description(self):
        self.assertEqual(returning(True).verdict(), idle("Idle when nobody prints: yes"))
        self.assertEqual(returning(False).verdict(), busy("Idle when nobody prints: no"))

    def test_a_text_is_a_reason_to_stay_awake(self):
        self.assertEqual(returning("3 prints").verdict(), busy("3 prints"))

    def test_a_pair_is_a_verdict_and_its_reason(self):
        self.assertEqual(returning((True, "no prints")).verdict(), idle("no prints"))

    def test_what_is_no_verdict_is_an_error_and_never_idle(self):
        for nonsense in (None, "", 0, 1, (1, "x"), (True,), {}, []):
            with self.subTest(nonsense), self.assertRaisesRegex(TypeError, "asked returned .*, expected idle"):
                returning(nonsense).verdict()

    def test_outside_of_a_call_nothing_is_canceled_and_time_is_what_the_caller_says(self):
        self.assertFalse(canceled())
        self.assertEqual(seconds_left(7), 7)


class Manifest(unittest.TestCase):
    def test_it_is_made_from_the_functions(self):
        manifest = check.manifest()
        self.assertEqual(manifest["name"], "queue-monitor")
        self.assertEqual(manifest["version"], "1.2.3")
        self.assertEqual(manifest["description"], "Busy while jobs wait in a spool folder.")
        self.assertEqual(
            manifest["capabilities"], ["check_idle", "handle_event", "diagnose", "run_command", "configure"]
        )
        one = {"priority": 70, "mode": "handle"}
        self.assertEqual(manifest["events"], {"cloud.spot.interrupt": one, "custom.save": one})
        self.assertEqual(set(manifest["config_schema"]["properties"]), {"limit", "bucket"})

    def test_further_members_go_in_as_they_stand(self):
        self.assertEqual(check.manifest()["tags"], ["queue"])
        self.assertEqual(check.manifest()["permissions"], {"read": ["/var/spool"]})
        self.assertEqual(list(check.manifest())[:3], ["name", "version", "description"])

    def test_a_plugin_without_events_lists_none(self):
        self.assertNotIn("events", returning(True).manifest())

    def test_a_plugin_that_only_handles_events_has_no_check(self):
        saver = plugin("saver", version="1.0.0", description="Saves.")
        saver.on("custom")(lambda event: None)
        self.assertEqual(saver.manifest()["capabilities"], ["handle_event", "configure"])
        self.assertEqual(saver.manifest()["description"], "Saves.")


class Mistakes(unittest.TestCase):
    def test_two_functions_for_the_same_are_refused_where_they_are_written(self):
        twice = plugin("twice", version="1.0.0")
        for decorate, what in (
            (twice.command, "commands <lambda>"),
            (twice.on("custom.a"), "handlers of custom.a"),
            (twice.health, "functions for HealthCheck"),
        ):
            decorate(lambda: None)
            with self.assertRaisesRegex(ValueError, f"twice has two {what}"):
                decorate(lambda: None)

    def test_an_older_python_is_told_which_one_is_needed(self):
        program = "import sys; sys.version_info = (3, 8); import cloudsnooze_plugin"
        found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        self.assertEqual(found.returncode, 1)
        self.assertRegex(found.stderr, r"\Acloudsnooze_plugin needs Python 3\.9 or newer; .*\n\Z")


class Answers(unittest.TestCase):
    def test_findings_get_a_category_and_decide_the_status(self):
        warning = finding("a", "An a", suggestion="b it")
        expected = {"id": "a", "severity": "warning", "title": "An a", "suggestion": "b it", "category": "p"}
        self.assertEqual(as_diagnosis([warning], "p", None), {"status": "degraded", "findings": [expected]})
        self.assertEqual(as_diagnosis([finding("a", "A", "critical")], "p", None)["status"], "failed")
        self.assertEqual(as_diagnosis([finding("a", "A", "info")], "p", None)["status"], "ok")
        self.assertEqual(as_diagnosis(([], {"n": 1}), "p", None), {"status": "ok", "findings": [], "metrics": {"n": 1}})

    def test_only_the_categories_that_were_asked_for(self):
        both = [finding("a", "A", category="memory"), finding("b", "B", category="disk")]
        self.assertEqual([each["id"] for each in as_diagnosis(both, "p", ["disk"])["findings"]], ["b"])

    def test_a_finding_about_the_whole_is_no_less_true_of_one_category(self):
        unreachable = [finding("unreachable", "connection refused", "critical")]
        asked = as_diagnosis(unreachable, "p", ["memory"])
        self.assertEqual((asked["status"], len(asked["findings"])), ("failed", 1))

    def test_health(self):
        self.assertEqual(as_health(None), {"status": "ok"})
        self.assertEqual(as_health("slow"), {"status": "degraded", "message": "slow"})
        self.assertEqual(as_health(False), {"status": "failed"})

    def test_vetoes(self):
        self.assertEqual(as_snooze_answer(None), {"allow": True})
        self.assertEqual(as_snooze_answer("a build"), {"allow": False, "reason": "a build"})
        self.assertEqual(as_snooze_answer(("a", 30)), {"allow": False, "reason": "a", "delay_seconds": 30})

    def test_commands(self):
        self.assertEqual(as_command_result("done"), {"exit_code": 0, "output": "done"})
        self.assertEqual(as_command_result((3, "no")), {"exit_code": 3, "output": "no"})
        self.assertEqual(as_command_result(None), {"exit_code": 0, "output": ""})


class Events(unittest.TestCase):
    def test_who_handles_custom_handles_each_that_is_not_named_by_itself(self):
        program = """if True:
            from cloudsnooze_plugin import plugin
            @plugin("p", version="1.0.0")
            def p():
                pass
            @p.on("custom")
            def any_other(event):
                return "any"
            @p.on("custom.mine")
            def mine(event):
                return "mine"
            p.run()
        """
        event = {"id": "e", "source": "test", "timestamp": "2026-01-01T00:00:00Z"}
        event.update({"data": {}, "severity": 0, "deadline": None})
        lines = [{"id": 0, "method": "Initialize", "params": {"protocol_version": 1, "config": {}}}]
        for number, type_ in enumerate(("custom.mine", "custom.deploy", "system.cpu.high"), 1):
            lines.append({"id": number, "method": "HandleEvent", "params": {"event": {**event, "type": type_}}})
        ran = subprocess.run(
            [sys.executable, "-c", program],
            input="".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in lines),
            env={**os.environ, "SNOOZE_PLUGIN": "p"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        answers = {each["id"]: each.get("result") for each in map(json.loads, ran.stdout.splitlines())}
        self.assertEqual([answers[each]["handled"] for each in (1, 2, 3)], [True, True, False], ran.stderr)
        self.assertEqual([answers[each]["result"] for each in (1, 2)], ["mine", "any"])

    def test_a_deadline_in_every_form_that_rfc_3339_has(self):
        for text in ("2026-11-20T08:22:00Z", "2026-11-20T08:22:00.000Z", "2026-11-20t10:22:00.0+02:00"):
            self.assertEqual(Event(deadline=text).deadline, datetime(2026, 11, 20, 8, 22, tzinfo=timezone.utc))
        self.assertEqual(Event(deadline="2026-11-20T08:22:00.5Z").deadline.microsecond, 500_000)

    def test_the_time_that_is_left(self):
        soon = datetime.now(timezone.utc) + timedelta(seconds=100)
        left = Event(deadline=soon.isoformat()).seconds_left()
        self.assertTrue(90 < left <= 100)
        self.assertEqual(Event(deadline="2001-01-01T00:00:00Z").seconds_left(), 0)
        self.assertEqual(Event(deadline=None).seconds_left(42), 42)

    def test_a_deadline_that_is_none_is_an_error(self):
        with self.assertRaises(ValueError):
            Event(deadline="soon").deadline
