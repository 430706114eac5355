import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../../daemon/src/clock.ts';
import { writePlugin } from '../../../daemon/test/support/daemon-process.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { createReport, type Outcome } from '../../src/plugin-author/conformance/outcome.ts';
import { specOf } from '../../src/plugin-author/plugin-config.ts';
import { openPluginFolder, validManifest } from '../../src/plugin-author/plugin-folder.ts';
import type { Exchange, Workbench } from '../../src/plugin-author/session.ts';
import { callCli } from './call-cli.ts';

/** A shell plugin that does everything right; `cases` come before its own answers, `first` before its loop. */
export function shellProgram({
  cases = '',
  first = '',
  last = '',
}: {
  cases?: string;
  first?: string;
  last?: string;
}): string {
  return `${first}
answer() { echo '{"id":'"$id"',"result":'"$1"'}'; }
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  method=\${line#*'"method":"'}; method=\${method%%'"'*}
  case $method in
    ${cases}
    \\$/*) ;;
    Initialize) answer '{}' ;;
    CheckIdle) answer '{"is_idle":true,"reason":"nothing to do"}' ;;
    HandleEvent) answer '{"handled":true}' ;;
    Shutdown) answer '{}'; exit 0 ;;
    *) echo '{"id":'"$id"',"error":{"code":-32601,"message":"no such method"}}' ;;
  esac
done
${last}
`;
}

/** The manifest of a plugin that says it does everything; `METHODS` are its answers. */
export const ALL = {
  capabilities: [
    'check_idle',
    'handle_event',
    'configure',
    'health_check',
    'diagnose',
    'before_snooze',
    'after_resume',
    'run_command',
  ],
  events: { 'cloud.spot.interrupt': { priority: 50 } },
  timeouts: { check_seconds: 5, start_seconds: 5 },
};
export const METHODS = `Configure) answer '{}' ;;
    HealthCheck) answer '{"status":"ok"}' ;;
    Diagnose) answer '{"status":"ok","findings":[]}' ;;
    AfterResume) answer '{}' ;;
    BeforeSnooze) answer '{"allow":true}' ;;
    RunCommand) answer '{"exit_code":2,"output":""}' ;;`;

/** Writes a plugin `mine` into a folder of its own. */
export function writeMine(test: TestContext, program: string, manifest: object = {}): string {
  const run = { name: 'mine', exec: { command: 'sh', args: ['run.sh'] }, ...manifest };
  return writePlugin(temporaryDirectory(test), run, { 'run.sh': program });
}

export type Bench = Workbench & {
  outcomes: Outcome[];
  exchanges: Exchange[];
  lines: string[];
  report: ReturnType<typeof createReport>;
};

/** Waits twenty times as long where it waits for that long or longer: what a good plugin does in time it does on a machine under load, too. */
export const patient = (fromMs: number): Clock => ({
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs < fromMs ? delayMs : delayMs * 20, callback),
});

/** What an author's tools work with, for the plugin of a folder. */
export function benchFor(directory: string, config: Record<string, unknown> = {}, clock: Clock = systemClock): Bench {
  const outcomes: Outcome[] = [];
  const exchanges: Exchange[] = [];
  const lines: string[] = [];
  return {
    spec: specOf(validManifest(openPluginFolder(directory)), directory, config),
    environment: process.env,
    clock,
    signal: new AbortController().signal,
    onExchange: (exchange) => void exchanges.push(exchange),
    onLog: (_level, line) => void lines.push(line),
    onStray: (what) => void lines.push(what),
    outcomes,
    exchanges,
    lines,
    report: createReport((outcome) => void outcomes.push(outcome)),
  };
}

/** What does not hold: requirement and reason. */
export function brokenOf(outcomes: readonly Outcome[]): [string, string | null][] {
  return outcomes.filter(({ status }) => status === 'broken').map(({ requirement, note }) => [requirement, note]);
}

/** A manifest at which nothing is to be asked, for a plugin of `FILES`. */
export const WHOLE = {
  name: 'mine',
  description: 'Busy while it is.',
  license: 'Apache-2.0',
  min_host_version: '0.1.0',
  exec: { command: 'sh', args: ['run.sh'] },
  timeouts: { check_seconds: 1 },
  resources: { memory_mb: 16 },
};
export const FILES = { 'run.sh': 'exit 0', 'README.md': '# mine' };

/** What `snooze plugin validate` says of such a plugin, with this changed. */
export async function validate(test: TestContext, manifest: object, files: Record<string, string> = FILES) {
  const directory = writePlugin(temporaryDirectory(test), { ...WHOLE, ...manifest }, files);
  const { code, stdout, stderr } = await callCli(['plugin', 'validate', directory]);
  return { code, lines: stdout.trimEnd().split('\n'), stderr, directory };
}
