import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { systemClock } from '../../../../daemon/src/clock.ts';
import { requires } from '../../../../daemon/test/support/requires.ts';
import { checkConformance } from '../../../src/plugin-author/conformance/conformance.ts';
import { ELSEWHERE } from '../../../src/plugin-author/conformance/elsewhere.ts';
import { endings } from '../../../src/plugin-author/conformance/endings.ts';
import { memory } from '../../../src/plugin-author/conformance/memory.ts';
import { orphan } from '../../../src/plugin-author/conformance/orphan.ts';
import { ALL, benchFor, brokenOf, METHODS, patient, shellProgram, writeMine } from '../../support/author.ts';

/** A plugin in Python that does something with what it keeps at each message. */
const leaking = (each: string) => `import json, sys
kept = []
for line in sys.stdin:
    request = json.loads(line)
    ${each}
    if "id" in request:
        print(json.dumps({"id": request["id"], "result": {"is_idle": True, "reason": "x"}}), flush=True)
`;

describe('the ways to end a plugin', { concurrency: 4 }, () => {
  const ways: [what: string, program: string, broken: [string, RegExp][]][] = [
    ['good', shellProgram({}), []],
    ['deaf to the end of its input', shellProgram({ last: 'sleep 600' }), [['P-37', /still there after 3 s/]]],
    ['deaf to SIGTERM', shellProgram({ first: `trap '' TERM` }), [['P-38', /still there after 3 s/]]],
    [
      'staying after Shutdown',
      shellProgram({ cases: `Shutdown) answer '{}' ;;` }),
      [['P-36', /still there after 3 s/]],
    ],
    [
      'failing at Shutdown',
      shellProgram({ cases: `Shutdown) answer '{}'; exit 4 ;;` }),
      [['P-36', /its exit code was 4, not 0/]],
    ],
    ['writing to nobody', shellProgram({ first: `trap '' PIPE` }), [['P-39', /still there after 3 s/]]],
    [
      'leaving a process',
      shellProgram({ first: 'sleep 600 &' }),
      [['P-45', /^after "ends after Shutdown" it left (sleep|sh) \(process \d+\)$/]],
    ],
    [
      'not starting',
      'exit 3',
      [
        ['P-36', /did not start/],
        ['P-37', /did not start/],
        ['P-38', /did not start/],
        ['P-39', /did not start/],
      ],
    ],
  ];
  for (const [what, program, expected] of ways) {
    it(`finds what is wrong with one that is ${what}`, async (test) => {
      const isEnded = expected.every(([, note]) => !/still there/.test(note.source));
      const bench = benchFor(writeMine(test, program), {}, isEnded ? patient(1_000) : systemClock);
      await endings(bench, bench.report);
      const broken = brokenOf(bench.outcomes);
      assert.deepEqual(
        broken.map(([requirement]) => requirement),
        expected.map(([requirement]) => requirement),
      );
      for (const [index, [, note]] of broken.entries()) assert.match(note ?? '', expected[index]?.[1] ?? /^$/);
    });
  }

  it('forgives one that has no Shutdown, and says so', async (test) => {
    const cases = `Shutdown) echo '{"id":'"$id"',"error":"no"}' ;;`;
    const bench = benchFor(writeMine(test, shellProgram({ cases })), {}, patient(1_000));
    await endings(bench, bench.report);
    assert.deepEqual(brokenOf(bench.outcomes), []);
    assert.match(bench.outcomes[0]?.note ?? '', /it has no Shutdown, and ended with its input, which is forgiven/);
  });
});

describe('the end of the daemon', () => {
  it('ends a plugin that looks for it, although its pipes stay open', { skip: requires('python3') }, async (test) => {
    const program = `import json, os, sys, threading, time
def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.02)
    os._exit(0)
threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "result": {}}), flush=True)`;
    const bench = benchFor(writeMine(test, program, { exec: { command: 'python3', args: ['run.sh'] } }));
    (await orphan(bench))(bench.report);
    assert.deepEqual(
      bench.outcomes.map(({ requirement, status, note }) => [requirement, status, note]),
      [['P-44', 'held', null]],
    );
  });

  it('is not heard of by a shell that reads, which is forgiven and said', async (test) => {
    const bench = benchFor(writeMine(test, shellProgram({})));
    (await orphan(bench))(bench.report);
    const [{ status, note } = {}] = bench.outcomes;
    assert.equal(status, 'held');
    assert.match(note ?? '', /^not by itself; .* forgiven$/);
  });
});

/** However slow the machine is, all of the calls fit into their time. */
const TIMELESS = { ...systemClock, bootMs: () => 0 };

describe('what a plugin keeps', { skip: requires('python3') }, () => {
  const exec = { command: 'python3', args: ['run.sh'] };

  it('is found where it grows with the calls', async (test) => {
    const bench = benchFor(writeMine(test, leaking('kept.append("x" * 50_000)'), { exec }), {}, TIMELESS);
    await memory(bench, bench.report);
    assert.match(
      brokenOf(bench.outcomes)[0]?.[1] ?? '',
      /^it grew by \d+\.\d MiB, and by \d+\.\d MiB in the next 1000 calls$/,
    );
  });

  it('may grow once', async (test) => {
    const bench = benchFor(
      writeMine(test, leaking('kept[:] = (kept + ["x" * 50_000])[-100:]'), { exec }),
      {},
      TIMELESS,
    );
    await memory(bench, bench.report);
    assert.deepEqual(brokenOf(bench.outcomes), []);
  });
});

describe('the memory of a plugin that takes its time', { skip: requires('python3') }, () => {
  const exec = { command: 'python3', args: ['run.sh'] };
  /** Each call takes as long, by a clock that does not wait for it. */
  const judge = async (test: it.TestContext, checkMs: number, leak: string) => {
    const bench = benchFor(writeMine(test, leaking(leak), { exec }));
    let nowMs = 0;
    bench.clock = { ...bench.clock, bootMs: () => nowMs };
    bench.onExchange = () => {
      nowMs += checkMs;
    };
    await memory(bench, bench.report);
    return bench.outcomes;
  };

  it('is judged by the thirty calls that fit into its time', async (test) => {
    const [outcome] = await judge(test, 1000, 'kept.append("x" * 50_000)');
    assert.equal(outcome?.status, 'broken');
    assert.match(outcome.note ?? '', /^it grew by \d\.\d MiB, and by \d\.\d MiB in the next 30 calls$/);
    assert.deepEqual(
      (await judge(test, 1000, '')).map(({ status, note }) => [status, note]),
      [['held', 'it was asked 30 times, for it takes its time']],
    );
  });

  it('is not tried where too few calls fit into it', async (test) => {
    assert.deepEqual(
      (await judge(test, 5000, 'kept.append("x" * 50_000)')).map(({ status, note }) => [status, note]),
      [['not tried', 'only 9 calls fit into 40 s, too few to tell']],
    );
  });
});

describe('the whole list', () => {
  it('tells what one has printed that does not start', async (test) => {
    const bench = benchFor(writeMine(test, 'echo usage: mine FILE; exit 2'));
    await checkConformance(bench, bench.report, () => {});
    assert.deepEqual(
      brokenOf(bench.outcomes).map(([requirement]) => requirement),
      ['P-33', 'P-34'],
    );
  });

  it('asks whether one flushes that answers when its input ends', { skip: requires('python3') }, async (test) => {
    const program = `import json, sys
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "result": {}}))`;
    const manifest = { exec: { command: 'python3', args: ['run.sh'] }, timeouts: { start_seconds: 1 } };
    const bench = benchFor(writeMine(test, program, manifest));
    await checkConformance(bench, bench.report, () => {});
    assert.match(brokenOf(bench.outcomes)[0]?.[1] ?? '', /within 1000 ms, only when its input ended: does it flush/);
  });

  it('has each requirement once, and those about all that was written last', async (test) => {
    const cases = `\\$/*) echo '{"id":null,"result":{}}' ;;
    CheckIdle) echo hello; answer '{"is_idle":true,"reason":"x"}'; answer '{"is_idle":true,"reason":"x"}' ;;`;
    const bench = benchFor(writeMine(test, shellProgram({ cases })), {}, patient(5_000));
    await checkConformance(bench, bench.report, () => {});
    const broken = brokenOf(bench.outcomes);
    assert.deepEqual(
      broken.map(([requirement]) => requirement),
      ['P-34', 'P-07', 'P-08'],
    );
    assert.match(broken[0]?.[1] ?? '', /hello/);
  });

  it('has every requirement of the protocol: tried, or with the reason why no test of a plugin can', async (test) => {
    const manifest = { ...ALL, concurrent: true };
    const bench = benchFor(writeMine(test, shellProgram({ cases: METHODS }), manifest), {}, patient(5_000));
    await checkConformance(bench, bench.report, () => {});
    const text = readFileSync(new URL('../../../../plugin-sdk/protocol/requirements.md', import.meta.url), 'utf8');
    const tried = new Set(bench.outcomes.map(({ requirement }) => requirement));
    assert.deepEqual(
      [...tried, ...ELSEWHERE.flatMap(({ requirements }) => requirements)].sort(),
      [...text.matchAll(/^- \*\*(P-\d\d)\*\*/gm)].map(([, requirement]) => requirement),
    );
    assert.deepEqual(brokenOf(bench.outcomes), []);
  });
});
