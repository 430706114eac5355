import { defineCommand } from '../command.ts';
import { printJson, printLines } from '../context.ts';
import { wrap } from '../render/text.ts';
import { whySentences } from '../render/why.ts';

export const why = defineCommand({
  summary: 'the same answer as status, in a few sentences',
  arguments: {},
  options: {},
  examples: ['snooze why'],
  async run(_typed, context) {
    const found = await context.withDaemon((client) => client.call('status', {}));
    const sentences = whySentences(found, context.clock.wallMs());
    if (context.json) printJson(context.output, sentences);
    else
      printLines(
        context.output,
        sentences.flatMap((sentence) => wrap(sentence, context.output.size().columns)),
      );
  },
});
