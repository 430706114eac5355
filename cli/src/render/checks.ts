import type { Status, StatusCheck } from '@cloudsnooze/daemon/control/api';
import { amount, limit } from './amount.ts';
import { bar } from './bar.ts';
import { duration, latency } from './duration.ts';
import { colourOf, type Style } from './style.ts';
import { type Cell, table } from './table.ts';

type Frame = { width: number; style: Style };

/** The monitors: each value against its threshold, as a bar and in numbers. */
export function monitorTable({ checks }: Status, frame: Frame): string[] {
  const rows = checks.filter(({ kind, verdict }) => kind === 'monitor' && verdict !== 'absent').map(monitorRow);
  if (rows.length === 0) return [];
  const columns = [
    { title: 'CHECK' },
    { title: '', spare: true as const },
    { title: 'VALUE', align: 'right' as const },
    { title: 'IDLE AT', align: 'right' as const, spare: true as const },
    { title: 'VERDICT' },
    { title: 'AGE', align: 'right' as const, spare: true as const },
    { title: '' },
  ];
  return table(columns, rows, frame);
}

/** The enabled plugins, those in trouble first, with what each said last. */
export function pluginTable({ checks, plugins }: Status, frame: Frame): string[] {
  const rows = plugins
    .filter(({ enabled, state }) => enabled || state === 'failed')
    .map((plugin): Cell[] => {
      const check = checks.find(({ kind, name }) => kind === 'plugin' && name === plugin.instance);
      const isRunning = plugin.state === 'running';
      const word = isRunning ? (check?.verdict ?? plugin.verdict ?? plugin.state) : plugin.state;
      const took = check?.took_ms ?? plugin.took_ms;
      const reason = (isRunning ? (check?.reason ?? plugin.reason) : plugin.last_error) ?? '';
      const restarts =
        plugin.restarts === 0 ? '' : `${plugin.restarts} ${plugin.restarts === 1 ? 'restart' : 'restarts'}`;
      const degraded = plugin.degraded === null ? '' : `degraded: ${plugin.degraded}`;
      const notes = [check?.counts === false ? 'has no say' : '', degraded, restarts];
      return [
        plugin.instance,
        { text: word, colour: colourOf(word) },
        took === null || !isRunning ? '–' : latency(took),
        [...notes, reason].filter((note) => note !== '').join('; '),
      ];
    });
  if (rows.length === 0) return [];
  const columns = [
    { title: 'PLUGIN' },
    { title: 'VERDICT' },
    { title: 'TOOK', align: 'right' as const, spare: true as const },
    { title: 'REASON', wraps: true as const },
  ];
  return table(columns, rows, frame);
}

function monitorRow(check: StatusCheck): Cell[] {
  const { name, value, threshold, unit, verdict, counts } = check;
  const idleWhen = check.idle_when ?? 'below';
  const colour = colourOf(verdict);
  const hasBar = value !== null && threshold !== null;
  return [
    name,
    hasBar ? { text: bar(value, threshold, idleWhen), colour } : '',
    value === null ? '–' : amount(value, unit),
    threshold === null ? '–' : limit(threshold, unit, idleWhen),
    { text: verdict, colour },
    duration(check.age_seconds),
    { text: counts ? '' : 'has no say', colour: 'dim' },
  ];
}
