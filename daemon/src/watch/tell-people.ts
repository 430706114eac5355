import type { Clock } from '../clock.ts';
import { isRehearsal, kindOf } from '../event-kind.ts';
import { knownEntry } from '../events/catalog.ts';
import type { SnoozeEvent } from '../events/event.ts';
import type { Log } from '../log.ts';
import type { HostFiles } from '../monitors/host-files.ts';

export type TellPeopleParts = {
  files: Pick<HostFiles, 'listDev' | 'tellTerminal'>;
  /** Whether people are told at all. */
  wanted: () => boolean;
  clock: Clock;
  log: Log;
};

/**
 * Tells whoever is logged in, on their terminals, that the cloud takes this host away. Other events, those whose time
 * has passed, and terminals that take no messages (`mesg n`) are left alone.
 * @returns the terminals that were written to.
 */
export function tellPeople(event: SnoozeEvent, { files, wanted, clock, log }: TellPeopleParts): string[] {
  const isCritical = event.severity === 3 && event.type.startsWith('cloud.');
  const isPast = event.deadline !== null && Date.parse(event.deadline) <= clock.wallMs();
  if (!isCritical || isPast || !wanted()) return [];
  const terminals = files.listDev('pts').filter((name) => /^\d+$/.test(name));
  if (terminals.length === 0) return []; // as on most hosts: the handlers do not wait for words that nobody reads
  const message = messageFor(event, clock.wallMs());
  const told = terminals.filter((name) => files.tellTerminal(`pts/${name}`, message));
  if (told.length > 0) log.info({ event: event.id }, `told on the terminals ${told.join(', ')}: ${kindOf(event)}`);
  return told.map((name) => `pts/${name}`);
}

/** What people read: what, when by their clock, and what to type. Pure but for the time zone. */
export function messageFor({ id, type, source, deadline, data }: SnoozeEvent, nowWallMs: number): string {
  const isPlayed = isRehearsal({ data });
  const lines = [
    isPlayed ? 'snoozed: a REHEARSAL, nothing happens to this host' : `snoozed: a notice from ${source}`,
    `${isPlayed ? 'rehearsed: ' : ''}${knownEntry(type)?.title ?? type}${when(deadline, nowWallMs)}`,
    `more: snooze events show ${id}`,
  ];
  // Whoever sends an event may name it: no control character of his reaches a terminal.
  const plain = lines.map((line) => line.replaceAll(/[^\x20-\x7e]/g, '?'));
  // A terminal may be in raw mode, where a line's end alone does not go back to its start.
  return `\r\n\u0007${plain.join('\r\n')}\r\n`;
}

const HOUR_SECONDS = 3600;
/** Each from two on. */
const UNITS = [
  ['days', 86_400],
  ['hours', HOUR_SECONDS],
] as const;

function when(deadline: string | null, nowWallMs: number): string {
  if (deadline === null) return ', nobody has said when';
  const at = new Date(deadline);
  const time = at.toLocaleTimeString('en-GB', { timeStyle: 'long' });
  const seconds = Math.round((at.getTime() - nowWallMs) / 1000);
  if (seconds <= HOUR_SECONDS) return ` at ${time}, in ${seconds} seconds`;
  const day = at.toLocaleDateString('en-GB', { dateStyle: 'long' });
  const [unit, size] = UNITS.find(([, least]) => seconds >= 2 * least) ?? ['minutes', 60];
  return ` on ${day} at ${time}, in ${Math.round(seconds / size)} ${unit}`;
}
