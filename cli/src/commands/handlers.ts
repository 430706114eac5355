import { defineCommand } from '../command.ts';
import { listWidth, printJson, printLines } from '../context.ts';
import { handlerLines } from '../render/handlers.ts';

export const handlers = defineCommand({
  summary: 'for each event type: who is called, in which order, for how long, and what is wrong',
  arguments: { type: { description: 'only this event type', optional: true } },
  options: {},
  examples: ['snooze handlers', 'snooze handlers cloud.spot.interrupt'],
  async run({ arguments: { type } }, context) {
    const asked = type === undefined ? {} : { type };
    const tables = await context.withDaemon((client) => client.call('events.handlers', asked));
    if (context.json) printJson(context.output, tables);
    else printLines(context.output, handlerLines(tables, { style: context.style, width: listWidth(context.output) }));
  },
});
