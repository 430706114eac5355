import { statSync } from 'node:fs';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import type { PluginSummary } from '@cloudsnooze/daemon/plugins/host';
import type { SandboxReport } from '@cloudsnooze/daemon/plugins/sandbox/enforcement';
import { openPluginFolder } from '../plugin-folder.ts';
import { validatePlugin } from '../validate/validate.ts';
import { adviceFor } from './advice.ts';
import type { Complaint, Patient } from './patient.ts';

/**
 * What is wrong with a plugin that the daemon knows: with how it fares, with its folder, and with what keeps it to its
 * manifest, where that is known. `path` is where programs are looked for, `source` what it was installed from.
 */
export function examineRunning(
  summary: PluginSummary,
  path: string,
  { sandbox, source }: { sandbox: SandboxReport | null; source: string | null },
): Patient {
  const { instance, directory, state } = summary;
  const life = complaintsOfLife(summary, source);
  const folder = directory === '' ? [] : complaintsOfFolder(directory, path);
  // What keeps it from starting is told once, where it stands.
  const isTold = folder.length > 0 && life.some(({ what }) => what.includes('plugin.json'));
  const complaints = [...(isTold ? [] : life), ...folder, ...complaintsOfSandbox(sandbox)];
  return { name: instance, directory: directory === '' ? null : directory, state, complaints };
}

/** The faults of a plugin's folder. */
export function complaintsOfFolder(directory: string, path: string): Complaint[] {
  try {
    return validatePlugin(openPluginFolder(directory), path)
      .findings.filter(({ kind }) => kind === 'fault')
      .map(({ file, place, path: key, message, suggestion }) => ({
        kind: 'fault',
        what: `${directory}/${file}${place === null ? '' : `:${place}`}: ${key === '' ? '' : `${key}: `}${message}`,
        advice: suggestion,
      }));
  } catch (error) {
    if (error instanceof SnoozeError) return []; // not this user's to read: the daemon has told what it found
    throw error;
  }
}

function complaintsOfLife(summary: PluginSummary, source: string | null): Complaint[] {
  const { instance, directory, state, enabled } = summary;
  const sick = { name: instance, directory: directory === '' || isGone(directory) ? null : directory, source };
  const fault = (what: string): Complaint => ({ kind: 'fault', what, advice: adviceFor(what, sick) });
  if (state === 'failed') {
    const again =
      summary.next_try === null
        ? []
        : [
            {
              kind: 'note' as const,
              what: `it is started again at ${summary.next_try}`,
              advice: `at once: snooze plugin restart ${instance}`,
            },
          ];
    return [fault(summary.last_error ?? summary.cause ?? 'it has failed, and no reason is known'), ...again];
  }
  if (!enabled)
    return [{ kind: 'note', what: 'it is installed and not in use', advice: `type: snooze plugin enable ${instance}` }];
  const complaints: Complaint[] = [];
  if (summary.degraded !== null) complaints.push(fault(summary.degraded));
  if (summary.verdict === 'unknown')
    complaints.push(fault(`it has no verdict: ${summary.reason ?? 'no reason is known'}`));
  if (summary.restarts > 0)
    complaints.push({
      kind: 'note',
      what: `it was started again ${times(summary.restarts)}`,
      advice: `snooze history tells why`,
    });
  if (summary.timeouts > 0)
    complaints.push({ kind: 'note', what: `it answered too late ${times(summary.timeouts)}`, advice: null });
  return complaints;
}

function isGone(directory: string): boolean {
  try {
    return statSync(directory, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // not this user's to see
  }
}

function complaintsOfSandbox(sandbox: SandboxReport | null): Complaint[] {
  if (sandbox?.engine !== 'plain') return [];
  const isOff = sandbox.why?.includes('"off"') === true;
  const advice = isOff ? 'type: snooze config set plugins.sandbox auto' : 'install bubblewrap';
  return [
    { kind: 'note', what: `nothing keeps it to its manifest: ${sandbox.why ?? 'this host has no sandbox'}`, advice },
  ];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
