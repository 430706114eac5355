import { DESCRIPTION, defineTemplate, identifier, LIMIT, LIMITS, type Plan, VERSION } from './template.ts';

/** One decorated function; the SDK lies beside it, so that the folder can be installed anywhere. */
export const python = defineTemplate({
  language: 'python',
  files: (plan) => ({
    [`${moduleOf(plan)}.py`]: program(plan),
    [`test_${moduleOf(plan)}.py`]: test(plan),
  }),
  manifest: (plan) => ({
    type: 'external',
    language: 'python',
    exec: { command: 'python3', args: [`${moduleOf(plan)}.py`] },
  }),
  alsoDoes: ['configure'],
  numbers: 'number',
  sdk: { folder: 'python/cloudsnooze_plugin', copy: 'cloudsnooze_plugin' },
  testCommand: (plan) => `python3 -m unittest test_${moduleOf(plan)}`,
  manifestCommand: (plan) => `python3 ${moduleOf(plan)}.py --manifest > new.json && mv new.json plugin.json`,
});

/** Its file and module; a single word may be a module of Python's own, which it would hide from the SDK. */
function moduleOf({ name }: Plan): string {
  return name.includes('-') ? identifier(name) : `${name}_check`;
}

function program({ name, handles }: Plan): string {
  return `from cloudsnooze_plugin import busy, idle_if, plugin, setting


@plugin(
    "${name}",
    version="${VERSION}",
    license="${LIMITS.license}",
    min_host_version="${LIMITS.min_host_version}",
    timeouts={"check_seconds": ${LIMITS.timeouts.check_seconds}},
    resources={"memory_mb": ${LIMITS.resources.memory_mb}},
)
def check(metrics, limit: float = setting(${LIMIT.default}, "${LIMIT.description}", minimum=${LIMIT.minimum})):
    """${DESCRIPTION}"""
    load = metrics.get("load_1m")
    if load is None:
        return busy("the load is not known")
    return idle_if(load <= limit, f"load {load}, limit {limit}")
${handles.length === 0 ? '' : handler(handles)}

if __name__ == "__main__":
    check.run()
`;
}

function handler(handles: readonly string[]): string {
  return `

@check.on(${handles.map((type) => `"${type}"`).join(', ')}, priority=50)
def save(event):
    """Saves what must not be lost, before event.deadline."""
    return f"nothing to save yet for {event.type}"
`;
}

function test(plan: Plan): string {
  return `import unittest

from ${moduleOf(plan)} import check


class Check(unittest.TestCase):
    def test_a_low_load_is_idle(self):
        self.assertTrue(check.verdict({"load_1m": 0.5}, limit=1).is_idle)

    def test_a_high_load_is_busy_and_says_why(self):
        verdict = check.verdict({"load_1m": 4}, limit=1)
        self.assertFalse(verdict.is_idle)
        self.assertEqual(verdict.reason, "load 4, limit 1")

    def test_an_unknown_load_is_busy(self):
        self.assertFalse(check.verdict({"load_1m": None}, limit=1).is_idle)


if __name__ == "__main__":
    unittest.main()
`;
}
