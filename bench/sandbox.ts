import { collectGarbage } from '../daemon/src/rpc/garbage.ts';
import { withPlugins } from './plugin-host.ts';
import { processMemory, quantile } from './process-cost.ts';

const POLICIES = ['off', 'auto'] as const;
const SPAWNS = 40;
const CALLS = 3_000;
const WARM_UP = 300;
const MANY = 100;
const SETTLING_ROUNDS = 20;

/** A shell's start is short beside that of its sandbox. */
const PLUGIN = `#!/bin/sh
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":true,"reason":"idle"}}'
done
`;

/** What the sandbox adds to a plugin's start and to each call, by turns with and without it. */
export const sandbox = async (say: (line: string) => void) => {
  const spawns = { off: [] as number[], auto: [] as number[] };
  for (let run = -2; run < SPAWNS; run++) {
    for (const policy of POLICIES) {
      const startedMs = performance.now();
      const tookMs = await withPlugins(one(policy), async () => performance.now() - startedMs);
      if (run >= 0) spawns[policy].push(tookMs);
    }
  }
  const calls = { off: [] as number[], auto: [] as number[] };
  await withPlugins(one('off'), (bare) =>
    withPlugins(one('auto'), async (sandboxed) => {
      for (let run = -WARM_UP; run < CALLS; run++) {
        for (const [policy, call] of [
          ['off', bare],
          ['auto', sandboxed],
        ] as const) {
          const startedMs = performance.now();
          await call();
          if (run >= 0) calls[policy].push(performance.now() - startedMs);
        }
      }
    }),
  );
  const median = (times: readonly number[]) => quantile(times, 0.5);
  // On a host with other work to do the quickest tenth tells more of the sandbox than the median.
  for (const [what, share] of [
    ['median', 0.5],
    ['quickest tenth', 0.1],
  ] as const) {
    const [off, auto] = [quantile(spawns.off, share), quantile(spawns.auto, share)];
    say(
      `start of a shell plugin to its first answer, ${what}: ${off.toFixed(1)} ms without, ${auto.toFixed(1)} ms with the sandbox: ${(auto - off).toFixed(1)} ms more (goal: under 10 ms)`,
    );
  }
  say(
    `CheckIdle of a shell plugin: p50 ${micros(median(calls.off))} µs without, ${micros(median(calls.auto))} µs with the sandbox: ${((median(calls.auto) / median(calls.off) - 1) * 100).toFixed(1)} % more (goal: under 5 %)`,
  );
};

/** What the daemon itself needs for each plugin more, its process not among it. */
export const pluginMemory = async (say: (line: string) => void) => {
  const measure = (count: number) =>
    withPlugins({ count, program: PLUGIN, sandbox: 'auto' }, async (check) => {
      for (let round = 0; round < SETTLING_ROUNDS; round++) await check();
      // What is garbage by now belongs to no plugin, and is collected at one time or another.
      collectGarbage();
      return processMemory(process.pid).anonymousMib;
    });
  await measure(1);
  const oneMib = await measure(1);
  const manyMib = await measure(MANY + 1);
  say(
    `memory of the host: anonymous ${oneMib.toFixed(1)} MiB with 1 plugin, ${manyMib.toFixed(1)} MiB with ${MANY + 1}: ${((manyMib - oneMib) / MANY).toFixed(3)} MiB each (goal: under 0.2 MiB)`,
  );
};

const one = (policy: (typeof POLICIES)[number]) => ({ count: 1, program: PLUGIN, sandbox: policy });
const micros = (ms: number) => (ms * 1000).toFixed(0);
