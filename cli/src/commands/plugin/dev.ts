import { resolve } from 'node:path';
import { defineCommand } from '../../command.ts';
import { type CommandContext, printLines } from '../../context.ts';
import type { Tell } from '../../plugin-author/dev/dev.ts';
import { latency } from '../../render/duration.ts';
import { logLine } from '../../render/exchange.ts';
import { whatItRuns } from '../../render/plugins.ts';
import { colourOf, icon, paint } from '../../render/style.ts';
import { clean, cut } from '../../render/text.ts';

export const pluginDev = defineCommand({
  summary: "run a plugin against this host's own metrics, again whenever a file is saved; needs no daemon",
  arguments: { folder: { description: 'the folder of the plugin; this one where none is named', optional: true } },
  options: {
    config: { kind: 'list', value: 'KEY=VALUE', description: 'its configuration; values are JSON, or else text' },
    interval: { kind: 'count', value: 'SECONDS', description: 'how often it is asked', default: 5 },
  },
  examples: ['snooze plugin dev ./redis-monitor', 'snooze plugin dev --interval 1 --config limit=2'],
  async run({ arguments: { folder = '.' }, options }, context) {
    const { openPluginFolder } = await import('../../plugin-author/plugin-folder.ts');
    const { parseConfig } = await import('../../plugin-author/plugin-config.ts');
    const { openLiveMetrics } = await import('../../plugin-author/dev/live-metrics.ts');
    const { develop } = await import('../../plugin-author/dev/dev.ts');
    // first, because it takes a folder that is typed behind it for one of its own words
    const config = parseConfig(options.config);
    const { directory } = openPluginFolder(folder);
    const intervalMs = options.interval * 1000;
    const { clock, environment } = context;
    const frame = frameOf(context);
    const say = (line: string) => printLines(context.output, [line]);
    const metrics = openLiveMetrics(clock, environment, intervalMs);
    try {
      await develop({
        directory: resolve(directory),
        config,
        intervalMs,
        metrics,
        tell: teller(context, say),
        bench: {
          environment,
          clock,
          signal: context.interrupted(),
          onExchange() {},
          onLog: (level, line) => say(logLine(level, line, frame)),
          onStray: (what) => say(logLine('warn', `on its standard output: ${what}`, frame)),
        },
      });
    } finally {
      metrics.close();
    }
  },
});

function teller(context: CommandContext, say: (line: string) => void): Tell {
  const { style, clock } = context;
  const { width } = frameOf(context);
  return {
    started(manifest, built) {
      if (built !== null) say(`built with: ${built}`);
      const name = `${paint(manifest.name, 'bold', style)} ${manifest.version}`;
      say(`${paint(icon('ok', style), 'green', style)} ${name} runs: ${whatItRuns(manifest)}; ^C ends it`);
    },
    verdict(answer, tookMs) {
      const time = new Date(clock.wallMs()).toTimeString().slice(0, 8);
      const word = answer.kind !== 'answered' ? 'unknown' : answer.value.isIdle ? 'idle' : 'busy';
      const why = answer.kind === 'answered' ? answer.value.reason : answer.message;
      const rest = cut(`${clean(why)} · ${latency(tookMs)}`, width - 20);
      say(`${paint(time, 'dim', style)}  ${paint(word.padEnd(7), colourOf(word), style)}  ${rest}`);
    },
    failed(why) {
      const [first = '', ...more] = why.split('\n');
      say(`${paint(icon('fault', style), 'red', style)} it does not run: ${clean(first)}`);
      for (const line of more) say(`  ${clean(line)}`);
      say(paint('  it is started again when a file is saved', 'dim', style));
    },
    changed: () => say(paint('a file has changed: it is started again', 'dim', style)),
  };
}

function frameOf({ output, style }: CommandContext) {
  return { style, width: output.isTerminal ? output.size().columns : Number.POSITIVE_INFINITY };
}
