import { defineTemplate, LIMIT, type Plan } from './template.ts';

/** A script that is run for each question: its exit code is the answer. */
export const shell = defineTemplate({
  language: 'shell',
  files: (plan) => ({ 'check.sh': program(plan), 'test.sh': test() }),
  manifest: () => ({ type: 'external', language: 'sh', process_model: 'exec', exec: { command: './check.sh' } }),
  alsoDoes: [],
  numbers: 'integer',
  sdk: null,
  testCommand: () => 'sh test.sh',
  manifestCommand: () => null,
});

function program({ handles }: Plan): string {
  return `#!/bin/sh
# Asked whether the host is idle: exit code 0 says yes, 1 no, any other one that it cannot tell; the first line is why.
# The metrics are in SNOOZE_METRIC_…, the settings in SNOOZE_CONFIG_…; what is not known is not set.
${
  handles.length === 0
    ? ''
    : `
if [ -n "\${SNOOZE_EVENT_TYPE:-}" ]; then
  # save here what must not be lost, before $SNOOZE_EVENT_DEADLINE
  echo "nothing to save yet for $SNOOZE_EVENT_TYPE"
  exit 0
fi
`
}
limit=\${SNOOZE_CONFIG_LIMIT:-${LIMIT.default}}
load=\${SNOOZE_METRIC_LOAD_1M:-}
if [ -z "$load" ]; then
  echo 'the load is not known'
  exit 1
fi
echo "load $load, limit $limit"
[ "\${load%%.*}" -lt "$limit" ] || [ "$load" = "$limit" ]
`;
}

function test(): string {
  return `#!/bin/sh
# Asks check.sh as snoozed does.
cd "$(dirname "$0")" || exit 1
failed=0

# expect CODE REASON NAME=VALUE…
expect() {
  code=$1 reason=$2
  shift 2
  found=$(env "$@" ./check.sh)
  got=$?
  if [ "$got $found" = "$code $reason" ]; then return; fi
  echo "with $*: expected $code $reason, found $got $found"
  failed=1
}

expect 0 'load 0.5, limit 1' SNOOZE_METRIC_LOAD_1M=0.5 SNOOZE_CONFIG_LIMIT=1
expect 0 'load 1, limit 1' SNOOZE_METRIC_LOAD_1M=1 SNOOZE_CONFIG_LIMIT=1
expect 1 'load 4.2, limit 1' SNOOZE_METRIC_LOAD_1M=4.2 SNOOZE_CONFIG_LIMIT=1
expect 1 'the load is not known' SNOOZE_CONFIG_LIMIT=1
[ $failed = 0 ] && echo ok
exit $failed
`;
}
