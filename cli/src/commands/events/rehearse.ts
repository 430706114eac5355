import { sleep } from '@cloudsnooze/daemon/clock';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { type CommandContext, listWidth, printJson, printLines } from '../../context.ts';
import { parseDeadline } from '../../parse-event.ts';
import { duration } from '../../render/duration.ts';
import { handlerLines } from '../../render/handlers.ts';
import { isPassed, rehearsalReport } from '../../render/rehearsal.ts';

const LOOK_MS = 250;
const MOST_SECONDS = 3600;
const DEFAULT_SECONDS = 120;
/** What Azure and Google leave a host that they take back. */
const PREEMPT_SECONDS = 30;

export const eventsRehearse = defineCommand({
  summary: 'have a stand-in of the cloud announce something, and see who would be done in time; handlers really run',
  arguments: { kind: { description: 'spot, rebalance, maintenance, azure-preempt or gcp-preempt' } },
  options: {
    in: {
      kind: 'text',
      value: 'SECONDS',
      description: `how long the handlers have (${DEFAULT_SECONDS}, and ${PREEMPT_SECONDS} for a preemption; a rebalance names no deadline)`,
    },
    dryRun: { kind: 'flag', description: 'only tell who would be called' },
  },
  examples: [
    'snooze events rehearse spot',
    'snooze events rehearse spot --in 30',
    'snooze events rehearse spot --dry-run',
  ],
  async run({ arguments: { kind }, options }, context) {
    const usualSeconds = kind.endsWith('-preempt') ? PREEMPT_SECONDS : DEFAULT_SECONDS;
    const inSeconds = parseDeadline(options.in, '--in', MOST_SECONDS) ?? usualSeconds;
    if (options.dryRun)
      return await tellWho(kind, kind === 'rebalance' ? Number.POSITIVE_INFINITY : inSeconds, context);
    const { id } = await context.withDaemon((client) =>
      client.call('events.rehearse', { kind, in_seconds: inSeconds }),
    );
    if (options.in !== undefined && kind === 'rebalance' && !context.json)
      printLines(context.output, ['a rebalance names no deadline: --in is of no use, each handler has its own time']);
    if (!context.json) printLines(context.output, [`a rehearsal: ${id}; the handlers run …`]);
    const record = await ended(id, context);
    if (record === undefined) {
      if (!context.json)
        printLines(context.output, [
          `the handlers go on; snooze events show ${id} tells, and snooze events cancel ${id} ends it`,
        ]);
      context.failed();
      return;
    }
    if (context.json) printJson(context.output, record);
    else
      printLines(context.output, rehearsalReport(record, { style: context.style, width: listWidth(context.output) }));
    if (!isPassed(record)) context.failed();
  },
});

const TYPES: Readonly<Record<string, string>> = {
  spot: 'cloud.spot.interrupt',
  rebalance: 'cloud.instance.rebalance',
  maintenance: 'cloud.instance.maintenance',
  'azure-preempt': 'cloud.spot.interrupt',
  'gcp-preempt': 'cloud.spot.interrupt',
};

async function tellWho(kind: string, inSeconds: number, context: CommandContext): Promise<void> {
  const type = TYPES[kind];
  if (type === undefined)
    throw new SnoozeError('SNOOZE_E_USAGE', `there is no rehearsal of "${kind}"`, {
      hint: `there are ${Object.keys(TYPES).join(', ')}`,
    });
  const found = await context.withDaemon((client) => client.call('events.handlers', { type }));
  const tables = found.map((table) => ({
    ...table,
    handlers: table.handlers.map((handler) => ({
      ...handler,
      timeout_seconds: Math.min(handler.timeout_seconds, inSeconds),
    })),
  }));
  const isOff = tables.some(({ enabled }) => !enabled);
  if (isOff) context.failed();
  if (context.json) return printJson(context.output, tables);
  const limit = Number.isFinite(inSeconds) ? `, and would have ${duration(inSeconds)} in all` : '';
  printLines(context.output, [
    isOff
      ? 'a dry run; nobody would be called: it is turned off'
      : `a dry run, nobody is called: these would be${limit}`,
    ...handlerLines(tables, { style: context.style, width: listWidth(context.output) }),
  ]);
}

/** Waits for the event's end; undefined where the person has had enough before. */
async function ended(id: string, { withDaemon, clock, interrupted }: CommandContext) {
  const signal = interrupted();
  do {
    const record = await withDaemon((client) => client.call('events.show', { id }));
    if (record.endedAt !== null) return record;
  } while (await sleep(clock, LOOK_MS, signal));
  return undefined;
}
