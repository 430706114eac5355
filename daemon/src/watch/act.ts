import type { Action, ActionContext } from '../actions/action.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Provider } from '../cloud/provider.ts';
import { snoozeTags } from '../cloud/tags.ts';
import type { CommandRunner } from '../command.ts';
import type { Config } from '../config/config.ts';
import { describeError } from '../errors.ts';
import type { Inhibition } from '../idle/check.ts';
import type { Log } from '../log.ts';
import type { PluginHost } from '../plugins/host.ts';
import type { History } from '../store/store.ts';
import type { Round } from './round.ts';

/** How an attempt to snooze ended. */
export type Outcome =
  /** The host is on its way down. */
  | { kind: 'going-down' }
  /** Done, and the host stays up: a dry run, or an action that does not stop it. */
  | { kind: 'done' }
  /** The last look found it in use, or something forbids a snooze now. */
  | { kind: 'aborted'; reason: string }
  | { kind: 'vetoed'; reason: string; delaySeconds: number | null }
  | { kind: 'failed'; message: string };

export type ActParts = {
  look: () => Promise<Round>;
  inhibitions: () => Inhibition[];
  plugins: Pick<PluginHost, 'beforeSnooze'>;
  provider: Provider;
  action: Action;
  run: CommandRunner;
  history: History;
  config: () => Config;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
};

/** A rate over less than this is noise, so the last look waits for it. */
const LAST_LOOK_AFTER_MS = 1_000;

/** Looks once more, asks the plugins, records what was decided, tags the instance, and does the action. */
export async function act(parts: ActParts, idleSeconds: number): Promise<Outcome> {
  const { clock, log, signal, history } = parts;
  const config = parts.config();
  const hindrance = () => {
    if (signal.aborted) return 'snoozed is ending';
    return parts.config() === config ? parts.inhibitions()[0]?.reason : 'the configuration was changed';
  };
  await sleep(clock, Math.min(LAST_LOOK_AFTER_MS, config.check_interval_seconds * 1000), signal);
  const round = await parts.look();
  const inUse = hindrance() ?? (round.host.verdict === 'busy' ? round.host.reason : undefined);
  if (inUse !== undefined) return { kind: 'aborted', reason: inUse };

  const reason = `idle for ${Math.floor(idleSeconds / 60)} min: ${round.host.reason}`;
  const request = { reason, idle_seconds: Math.round(idleSeconds), action: config.action };
  const askedBootMs = clock.bootMs();
  const veto = await parts.plugins.beforeSnooze(request, signal);
  if (veto !== null) {
    history.add({
      kind: 'veto',
      cause: `plugin ${veto.instance}`,
      summary: `snooze put off: ${veto.reason}`,
      details: request,
    });
    return {
      kind: 'vetoed',
      reason: `${veto.instance} does not allow it: ${veto.reason}`,
      delaySeconds: veto.delaySeconds,
    };
  }
  const tookLong = clock.bootMs() - askedBootMs >= LAST_LOOK_AFTER_MS;
  const somebody = tookLong ? personIn(await parts.look()) : undefined;
  const changed = hindrance() ?? somebody;
  if (changed !== undefined) return { kind: 'aborted', reason: changed };

  const context: ActionContext = {
    provider: parts.provider,
    run: parts.run,
    reason,
    idleSeconds,
    execCommand: config.exec_command,
    signal,
  };
  const tags = tagsFor(parts, config, { round, reason });
  const plan = [tags && `tag the instance (${Object.keys(tags).join(', ')})`, parts.action.describe(context)]
    .filter(Boolean)
    .join(', then ');
  history.add({
    kind: 'snooze',
    cause: 'idle policy',
    summary: config.dry_run ? `dry run: would ${plan}` : plan,
    details: { ...request, dry_run: config.dry_run, readings: round.sample.readings, ...(tags && { tags }) },
  });
  log.warn({ reason }, config.dry_run ? `dry run, ${reason}: would ${plan}` : `snoozing, ${reason}: ${plan}`);
  if (config.dry_run) return { kind: 'done' };

  try {
    if (tags) await tagOrSaySo(parts, tags);
    const late = hindrance();
    if (late !== undefined) throw new Error(`called off at the last moment: ${late}`);
    await parts.action.perform(context);
  } catch (error) {
    const message = describeError(error);
    if (tags) await tagOrSaySo(parts, { [`${config.tagging_prefix}:Status`]: 'StopFailed' });
    history.add({ kind: 'snooze-failed', cause: `action ${config.action}`, summary: message, details: request });
    return { kind: 'failed', message };
  }
  return { kind: config.action === 'stop' || config.action === 'poweroff' ? 'going-down' : 'done' };
}

/** Whether somebody came while the plugins were asked. What plugins save makes the host itself busy: only input counts. */
function personIn({ checks }: Round): string | undefined {
  const input = checks.find(({ kind, name }) => kind === 'monitor' && name === 'input');
  return input?.verdict === 'busy' ? input.reason : undefined;
}

function tagsFor(
  { provider, clock }: ActParts,
  config: Config,
  { round, reason }: { round: Round; reason: string },
): Record<string, string> | undefined {
  const { identity, tag } = provider;
  if (!config.enable_instance_tags || identity === null || tag === null || config.action === 'none') return undefined;
  return snoozeTags({
    reason,
    wallMs: clock.wallMs(),
    sample: round.sample,
    config,
    identity,
  });
}

/** A host that may not tag itself may still stop: the refusal is said and recorded, and the stop goes on. */
async function tagOrSaySo({ provider, log, history, signal }: ActParts, tags: Record<string, string>): Promise<void> {
  try {
    await provider.tag?.(tags, signal);
  } catch (error) {
    log.warn({}, `the instance was not tagged: ${describeError(error)}`);
    history.add({ kind: 'daemon', cause: 'tags', summary: `the instance was not tagged: ${describeError(error)}` });
  }
}
