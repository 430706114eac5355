import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { withHost } from './plugin-host.ts';
import { processMemory, quantile } from './process-cost.ts';

const PLUGIN = 'measured';
const STARTS = 20;
const WORKERS = 10;
const SETTLING_ROUNDS = 20;
/** A bare worker of Node's, with nothing in it but a port. */
const BARE_WORKER =
  'const { parentPort } = require("node:worker_threads"); parentPort.on("message", () => {}); parentPort.postMessage("")';

/** From the start of a plugin, its sandbox in it, to its first answer: those that `snooze plugin new` writes. */
export const languages = async (say: (line: string) => void) => {
  for (const language of ['python', 'go', 'typescript', 'shell'] as const) {
    const { directory, remove } = writtenBySnooze(language);
    const times: number[] = [];
    if (language === 'typescript')
      // What it writes is native; by itself it is the same program.
      changeManifest(directory, {
        type: 'external',
        module: undefined,
        exec: { command: 'node', args: ['plugin.ts'] },
      });
    if (language === 'go')
      execFileSync('go', ['build', '-trimpath', '-o', PLUGIN, '.'], { cwd: join(directory, PLUGIN) });
    try {
      for (let run = -1; run < STARTS; run++) {
        const startedMs = performance.now();
        await withHost({ directory, configs: { [PLUGIN]: {} } }, async (check) => {
          await check();
          if (run >= 0) times.push(performance.now() - startedMs);
        });
      }
    } finally {
      remove();
    }
    const [median, slowest] = [quantile(times, 0.5), Math.max(...times)].map((time) => time.toFixed(0));
    const goal = language === 'python' ? ' (goal: under 100 ms)' : '';
    say(`spawn to first answer, ${language}: median ${median} ms, slowest of ${STARTS} ${slowest} ms${goal}`);
  }
};

/** What the daemon needs for each native plugin that has a thread of its own, beside a bare worker of Node's. */
export const workerMemory = async (say: (line: string) => void) => {
  const of = (kind: string, count: number) => Number(inFreshNode([kind, String(count)]));
  const each = (kind: string) => (of(kind, WORKERS + 1) - of(kind, 1)) / WORKERS;
  const [native, bare] = [each('native'), each('bare')];
  say(
    `memory of the host for each native plugin in a worker, of ${WORKERS}: ${native.toFixed(1)} MiB (goal: under 6 MiB), a bare worker ${bare.toFixed(1)} MiB`,
  );
};

/** Anonymous memory in MiB of this process with so many workers in it: native plugins, or bare ones. */
export const memoryWithWorkers = async (say: (line: string) => void) => {
  const [kind, count] = [process.argv[3], Number(process.argv[4])];
  const mib = await (kind === 'bare' ? bareWorkersMib(count) : nativeWorkersMib(count));
  say(mib.toFixed(3));
};

/** Memory that an earlier worker has left would be used again, and tell less than a worker needs. */
function inFreshNode(args: readonly string[]): string {
  const program = process.argv[1] ?? '';
  return execFileSync(process.execPath, [...process.execArgv, program, 'memory-with-workers', ...args], {
    encoding: 'utf8',
  });
}

async function nativeWorkersMib(count: number): Promise<number> {
  const { directory, remove } = writtenBySnooze('typescript');
  const names = Array.from({ length: count }, (_, index) => `worker-${index}`);
  for (const name of names) {
    cpSync(join(directory, PLUGIN), join(directory, name), { recursive: true });
    changeManifest(directory, { name, isolation: 'worker' }, name);
  }
  try {
    return await withHost(
      { directory, configs: Object.fromEntries(names.map((name) => [name, {}])) },
      async (check) => {
        for (let round = 0; round < SETTLING_ROUNDS; round++) await check();
        return processMemory(process.pid).anonymousMib;
      },
    );
  } finally {
    remove();
  }
}

async function bareWorkersMib(count: number): Promise<number> {
  const workers = Array.from({ length: count }, () => new Worker(BARE_WORKER, { eval: true }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const mib = processMemory(process.pid).anonymousMib;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return mib;
}

/** A folder with one plugin in it. */
function writtenBySnooze(language: string) {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  execFileSync(process.execPath, [resolve('cli/src/main.ts'), 'plugin', 'new', PLUGIN, '--language', language], {
    cwd: directory,
    stdio: 'ignore',
  });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function changeManifest(directory: string, change: object, name = PLUGIN): void {
  const file = join(directory, name, 'plugin.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, ...change }));
}
