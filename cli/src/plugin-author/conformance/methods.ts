import { rfc3339 } from '@cloudsnooze/daemon/clock';
import { type Asking, wrongWith } from '../asking.ts';
import { ORDINARY } from '../samples.ts';
import type { Workbench } from '../session.ts';
import type { Telling } from './outcome.ts';

/** A method that a manifest may say it has, and what an answer to it is. */
type Method = {
  capability: string;
  requirement: string;
  method: string;
  params: (bench: Workbench) => unknown;
  isRight: (result: Record<string, unknown>) => boolean;
};

const HOUR_MS = 3_600_000;

const METHODS: readonly Method[] = [
  {
    capability: 'configure',
    requirement: 'P-33',
    method: 'Configure',
    params: ({ spec }) => ({ config: spec.config }),
    isRight: () => true,
  },
  {
    capability: 'health_check',
    requirement: 'P-24',
    method: 'HealthCheck',
    params: () => ({}),
    isRight: ({ status }) => ['ok', 'degraded', 'failed'].includes(String(status)),
  },
  {
    capability: 'before_snooze',
    requirement: 'P-42',
    method: 'BeforeSnooze',
    params: () => ({ reason: 'a test', idle_seconds: 1800, action: 'none' }),
    isRight: ({ allow }) => typeof allow === 'boolean',
  },
  {
    capability: 'after_resume',
    requirement: 'P-42',
    method: 'AfterResume',
    params: ({ clock }) => ({
      stopped_at: rfc3339(clock.wallMs() - HOUR_MS),
      resumed_at: rfc3339(clock.wallMs()),
      reason: 'a test',
    }),
    isRight: () => true,
  },
  {
    capability: 'diagnose',
    requirement: 'P-43',
    method: 'Diagnose',
    params: () => ({}),
    isRight: ({ findings }) => Array.isArray(findings),
  },
  {
    capability: 'run_command',
    requirement: 'P-43',
    method: 'RunCommand',
    params: () => ({ command: 'no-such-command', args: [] }),
    isRight: ({ exit_code: exitCode }) => exitCode === 2,
  },
];

/** Asks for what its manifest says that it does besides checks and events. */
export async function otherMethods(asking: Asking, bench: Workbench, { report, watch }: Telling): Promise<void> {
  const has = (capability: string) => asking.capabilities.includes(capability);
  for (const { requirement, method, params, isRight } of METHODS.filter(({ capability }) => has(capability))) {
    watch(method);
    const answer = await asking.call(method, params(bench));
    const isFine = answer.kind === 'answered' && isRight((answer.value ?? {}) as Record<string, unknown>);
    const said = answer.kind === 'answered' ? `it answered ${JSON.stringify(answer.value)}` : answer.message;
    report(requirement, `does ${method}, as its manifest says`, isFine ? null : said);
  }
  if (bench.spec.manifest.concurrent !== true || !has('check_idle')) return;
  watch('two checks at once');
  const both = await Promise.all([asking.check(ORDINARY[0]), asking.check(ORDINARY[1])]);
  const wrong = both.map(wrongWith).find((found) => found !== null);
  report('P-51', 'answers two calls at once, as its manifest says', wrong);
}
