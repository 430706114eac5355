import { messageOf } from '@cloudsnooze/daemon/errors';
import type { Trial } from '@cloudsnooze/daemon/plugins/trial';
import { type Asking, createAsking, OTHER_CALLS_MS, wrongWith } from '../asking.ts';
import { EXTREME, fromAnotherVersion, ORDINARY } from '../samples.ts';
import type { Workbench } from '../session.ts';
import { otherMethods } from './methods.ts';
import type { Report, Telling } from './outcome.ts';

/** In one message, and under the limit of one: a pipe cuts it, also inside of a character. */
const LARGE = '☃'.repeat(100_000);
const METHOD_NOT_FOUND = -32601;

/** What a plugin does that starts. */
export const STARTS = 'starts, and takes its configuration';

/** Starts it and asks it everything that the daemon may; gives why it does not even start, or null. */
export async function talk(trial: Trial, bench: Workbench, { report, watch }: Telling): Promise<string | null> {
  const { spec } = bench;
  const asking = createAsking(trial, spec);
  watch('the start');
  try {
    await trial.initialize();
  } catch (error) {
    return messageOf(error);
  }
  report('P-33', STARTS);
  if (asking.capabilities.includes('check_idle') && !(await checks(asking, { report, watch }))) return null;
  await events(asking, bench, { report, watch });
  watch('what no plugin knows');
  await unknownThings(asking, report);
  await otherMethods(asking, bench, { report, watch });
  return null;
}

/** False where it does not answer: whatever else is asked would not be answered either. */
async function checks(asking: Asking, { report, watch }: Telling): Promise<boolean> {
  const what = 'says whether the host is idle, and why';
  const others = ['has a verdict whatever is measured', 'ignores members that it does not know'] as const;
  for (const sample of ORDINARY) {
    watch(sample.name);
    const answer = await asking.check({ metrics: sample.metrics });
    const wrong = wrongWith(answer);
    if (wrong === null) continue;
    report('P-30', what, `for ${sample.name}: ${wrong}`);
    report.notTried('P-30', others[0], 'it has no verdict for an ordinary host');
    report.notTried('P-10', others[1], 'it has no verdict for an ordinary host');
    return answer.kind !== 'nothing';
  }
  report('P-30', what);
  report('P-30', others[0], await extremes(asking, watch));
  watch('a host of another version');
  report('P-10', others[1], wrongWith(await asking.check(fromAnotherVersion(ORDINARY[0]))));
  return true;
}

/** What is wrong with its answers to what few hosts look like, or null. */
async function extremes(asking: Asking, watch: Telling['watch']): Promise<string | null> {
  const wrong: string[] = [];
  for (const sample of EXTREME) {
    watch(sample.name);
    const found = wrongWith(await asking.check({ metrics: sample.metrics }));
    if (found !== null) wrong.push(`for ${sample.name}: ${found}`);
  }
  return wrong[0] ?? null;
}

async function events(asking: Asking, { spec, clock }: Workbench, { report, watch }: Telling): Promise<void> {
  if (!asking.capabilities.includes('handle_event')) return;
  for (const type of Object.keys(spec.manifest.events ?? {})) {
    watch(type);
    const event = asking.event(type, `test-${type}`, clock.wallMs());
    report('P-31', `handles ${type}`, wrongWith(await asking.handle(event)));
    report('P-31', `bears the same ${type} twice`, wrongWith(await asking.handle(event)));
  }
  watch('an event that it does not handle');
  const stranger = await asking.handle(asking.event('custom.no-such-event', 'test-stranger', clock.wallMs()));
  report(
    'P-31',
    'answers an event that it has not subscribed to',
    stranger.kind === 'nothing' ? stranger.message : null,
  );
}

async function unknownThings(asking: Asking, report: Report): Promise<void> {
  const unknown = await asking.call('NoSuchMethod', {});
  const what = 'answers a method that it does not have with an error';
  if (unknown.kind === 'error' && unknown.code !== METHOD_NOT_FOUND) {
    report.held('P-32', what, `its code is ${unknown.code} where ${METHOD_NOT_FOUND} is meant, which is forgiven`);
  } else {
    const found = unknown.kind === 'answered' ? `it answered ${JSON.stringify(unknown.value)}` : null;
    report('P-32', what, unknown.kind === 'nothing' ? unknown.message : found);
  }
  const canceling = new AbortController();
  setImmediate(() => canceling.abort()); // when it has been sent, and before an answer can be read
  await asking.call('NoSuchMethod', { canceled: true }, OTHER_CALLS_MS, canceling.signal);
  report('P-09', 'bears that a call is canceled', await asking.isAlive());
  const large = await asking.call('NoSuchMethod', { padding: LARGE });
  report(
    'P-06',
    `reads a message of ${Buffer.byteLength(LARGE) / 1000} kB`,
    large.kind === 'nothing' ? large.message : null,
  );
  const asked = asking.capabilities.includes('check_idle') ? 'CheckIdle' : 'HandleEvent';
  const senseless = await asking.call(asked, {});
  const died = senseless.kind === 'nothing' ? senseless.message : await asking.isAlive();
  report('P-41', `lives on after a ${asked} that makes no sense`, died);
}
