import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../../daemon/test/support/requires.ts';
import { talk } from '../../../src/plugin-author/conformance/talk.ts';
import { withTrial } from '../../../src/plugin-author/session.ts';
import {
  ALL,
  type Bench,
  benchFor,
  brokenOf,
  METHODS,
  patient,
  shellProgram,
  writeMine,
} from '../../support/author.ts';

async function talkTo(bench: Bench): Promise<Bench & { failure: string | null }> {
  const failure = await withTrial(bench, 'off', (trial) => talk(trial, bench, { report: bench.report, watch() {} }));
  return { ...bench, failure };
}

describe('talking to a plugin', { concurrency: 2 }, () => {
  it('asks it everything that it says it can, and finds nothing wrong with a good one', async (test) => {
    const { outcomes, exchanges } = await talkTo(
      benchFor(writeMine(test, shellProgram({ cases: METHODS }), ALL), {}, patient(1_000)),
    );
    assert.deepEqual(brokenOf(outcomes), []);
    const methods = new Set(exchanges.map(({ method }) => method));
    for (const method of [
      'Initialize',
      'CheckIdle',
      'HandleEvent',
      'Configure',
      'HealthCheck',
      'Diagnose',
      'BeforeSnooze',
      'AfterResume',
    ])
      assert.ok(methods.has(method), method);
    assert.ok(outcomes.length >= 13);
  });

  const faulty: [what: string, cases: string, requirement: string, reason: RegExp][] = [
    ['gives no reason', `CheckIdle) answer '{"is_idle":true}' ;;`, 'P-30', /^for an idle host: it gives no reason$/],
    [
      'dies of a call without its params',
      `CheckIdle) case $line in *metrics*) answer '{"is_idle":true,"reason":"x"}' ;; *) exit 3 ;; esac ;;`,
      'P-41',
      /exit code 3/,
    ],
    ['answers nonsense', `CheckIdle) answer '"idle"' ;;`, 'P-30', /mine answered CheckIdle with "idle", expected/],
    [
      'cannot tell',
      `CheckIdle) echo '{"id":'$id',"error":"no database"}' ;;`,
      'P-30',
      /it answered with an error: no database$/,
    ],
    [
      'fails where nothing is measured',
      `CheckIdle) case $line in *'"cpu_usage":null'*) echo '{"id":'$id',"error":"None + 1"}' ;; *) answer '{"is_idle":true,"reason":"x"}' ;; esac ;;`,
      'P-30',
      /^for a host that measures nothing: it answered with an error: None \+ 1$/,
    ],
    [
      'refuses members that it does not know',
      `*) case $line in *tomorrow*) exit 3 ;; *) answer '{"is_idle":true,"reason":"x"}' ;; esac ;;`,
      'P-10',
      /ended with exit code 3/,
    ],
    [
      'does everything that it is asked',
      `NoSuchMethod) answer '{"done":true}' ;;`,
      'P-32',
      /it answered \{"done":true\}/,
    ],
    ['fails to handle an event', `HandleEvent) answer '"done"' ;;`, 'P-31', /answered HandleEvent with "done"/],
    [
      'says that it diagnoses, and does not',
      `Diagnose) echo '{"id":'"$id"',"error":"not this one"}' ;;`,
      'P-43',
      /^not this one$/,
    ],
  ];
  for (const [what, cases, requirement, reason] of faulty) {
    it(`finds one that ${what}`, async (test) => {
      const { outcomes } = await talkTo(
        benchFor(writeMine(test, shellProgram({ cases: `${cases}\n${METHODS}` }), ALL), {}, patient(1_000)),
      );
      const [found, note] = brokenOf(outcomes)[0] ?? [];
      assert.equal(found, requirement);
      assert.match(note ?? '', reason);
    });
  }

  it('asks no more of one that does not answer', async (test) => {
    const manifest = { timeouts: { check_seconds: 0.3 } };
    const { outcomes, exchanges } = await talkTo(
      benchFor(writeMine(test, shellProgram({ cases: 'CheckIdle) ;;' }), manifest)),
    );
    assert.deepEqual(brokenOf(outcomes), [['P-30', 'for an idle host: mine did not answer CheckIdle within 300 ms']]);
    assert.deepEqual(
      exchanges.map(({ method }) => method),
      ['Initialize', 'CheckIdle'],
    );
  });

  it('lets it ask what the daemon would do for it, and shows the events that it sends', async (test) => {
    const cases = `CheckIdle) check=$id
      echo '{"jsonrpc":"2.0","id":71,"method":"Host.KV.Set","params":{"key":"a","value":5}}' ;;
    '') case $line in
      *'"id":71'*) echo '{"jsonrpc":"2.0","id":72,"method":"Host.EmitEvent","params":{"type":"custom.done"}}' ;;
      *'"id":72,"result":{"id"'*) id=$check; answer '{"is_idle":true,"reason":"asked"}' ;;
      esac ;;`;
    const program = shellProgram({ cases }).replace(
      `method=\${method%%'"'*}`,
      `method=\${method%%'"'*}; case $line in *'"method"'*) ;; *) method= ;; esac`,
    );
    const permissions = { host: ['Host.KV.*', 'Host.EmitEvent'] };
    const { outcomes, lines } = await talkTo(benchFor(writeMine(test, program, { permissions, concurrent: true })));
    assert.deepEqual(brokenOf(outcomes.filter(({ requirement }) => requirement === 'P-30')), []);
    assert.ok(lines.includes('it sends the event custom.done {}'), lines.join());
  });

  it('shows what one said that does not start', async (test) => {
    const { failure } = await talkTo(
      benchFor(writeMine(test, 'echo no such module: redis >&2; exit 3'), {}, patient(1_000)),
    );
    assert.match(failure ?? '', /sh run\.sh ended with exit code 3; it said last: no such module: redis/);
  });

  it('forgives what the daemon forgives', { skip: requires('python3') }, async (test) => {
    const program = `import json, sys
for line in sys.stdin:
    request = json.loads(line)
    answer = {"id": request.get("id"), "error": "not supported"}
    if request["method"] == "CheckIdle":
        answer = {"id": request["id"], "result": {"is_idle": True, "reason": "x"}}
    if "id" in request:
        print(json.dumps(answer), flush=True)
`;
    const exec = { command: 'python3', args: ['run.sh'] };
    assert.deepEqual(
      brokenOf((await talkTo(benchFor(writeMine(test, program, { exec }), {}, patient(1_000)))).outcomes),
      [],
    );
  });

  it('asks one that says it can do two things at once for two', async (test) => {
    const { outcomes } = await talkTo(
      benchFor(writeMine(test, shellProgram({}), { concurrent: true }), {}, patient(1_000)),
    );
    assert.ok(outcomes.some(({ requirement, status }) => requirement === 'P-51' && status === 'held'));
  });
});
