import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { defineCommand } from '../../command.ts';
import { type CommandContext, printJson, printLines } from '../../context.ts';
import type { Outcome } from '../../plugin-author/conformance/outcome.ts';
import type { Recording } from '../../plugin-author/recording/recording.ts';
import type { Exchange, Workbench } from '../../plugin-author/session.ts';
import { exchangeLines, logLine } from '../../render/exchange.ts';
import { elsewhereLine, outcomeCount, outcomeLine } from '../../render/outcome.ts';
import { whatItRuns } from '../../render/plugins.ts';
import { icon, paint } from '../../render/style.ts';

export const pluginTest = defineCommand({
  summary: "start a plugin through the daemon's own host and try everything the protocol asks for; needs no daemon",
  arguments: { folder: { description: 'the folder of the plugin; this one where none is named', optional: true } },
  options: {
    config: { kind: 'list', value: 'KEY=VALUE', description: 'its configuration; values are JSON, or else text' },
    record: { kind: 'text', value: 'FILE', description: 'write down what it was asked and what it answered' },
    replay: { kind: 'text', value: 'FILE', description: 'ask it that again, and compare what it decides' },
  },
  examples: [
    'snooze plugin test ./redis-monitor --config redis_url=redis://127.0.0.1:6379',
    'snooze plugin test ./redis-monitor --record before.json',
    'snooze plugin test ./redis-monitor --replay before.json',
  ],
  async run({ arguments: { folder = '.' }, options }, context) {
    const { openPluginFolder } = await import('../../plugin-author/plugin-folder.ts');
    const { parseConfig, specOf } = await import('../../plugin-author/plugin-config.ts');
    const { checkRecordable, readRecording, writeRecording } = await import(
      '../../plugin-author/recording/recording.ts'
    );
    const { buildInPlace } = await import('../../plugin-author/build.ts');
    const { engineName } = await import('../../plugin-author/engine-name.ts');
    const { validManifest } = await import('../../plugin-author/plugin-folder.ts');

    // first, because it takes a folder that is typed behind it for one of its own words
    const typed = parseConfig(options.config);
    const opened = openPluginFolder(folder);
    const manifest = validManifest(opened);
    if (options.record !== undefined) checkRecordable(options.record);
    const recording = options.replay === undefined ? null : readRecording(options.replay);
    const config = options.config.length === 0 && recording !== null ? recording.config : typed;
    const spec = specOf(manifest, opened.directory, config);
    const talking = !context.json;
    const say = (lines: string[]) => talking && printLines(context.output, lines);
    const built = await buildInPlace(manifest, opened.directory, context.environment);
    say([
      `${paint(manifest.name, 'bold', context.style)} ${manifest.version} · ${whatItRuns(manifest)} · ${await engineName(manifest)}`,
      ...(built === null ? [] : [`built with: ${built}`]),
    ]);
    const exchanges: Exchange[] = [];
    const frame = {
      width: context.output.isTerminal ? context.output.size().columns : Number.POSITIVE_INFINITY,
      style: context.style,
    };
    const bench: Workbench = {
      spec,
      environment: context.environment,
      clock: context.clock,
      signal: context.interrupted(),
      onExchange(exchange) {
        exchanges.push(exchange);
        say(exchangeLines(exchange, frame));
      },
      onLog: (level, line) => void say([logLine(level, line, frame)]),
      onStray: (what, kind) =>
        kind !== 'late-answer' && say([logLine('warn', `on its standard output: ${what}`, frame)]),
    };
    if (recording !== null) return replayed(bench, { recording, manifest, context });
    const outcomes = await conform(bench, say, context);
    if (outcomes.some(({ status }) => status === 'broken') || bench.signal.aborted) context.failed();
    if (options.record !== undefined && !bench.signal.aborted) {
      writeRecording(options.record, { plugin: manifest.name, version: manifest.version, config, exchanges });
      say([`recorded in ${options.record}; later: snooze plugin test ${folder} --replay ${options.record}`]);
    }
    if (context.json)
      printJson(context.output, { plugin: manifest.name, version: manifest.version, exchanges, outcomes });
  },
});

type Say = (lines: string[]) => void;

async function conform(bench: Workbench, say: Say, { style }: CommandContext): Promise<Outcome[]> {
  const { checkConformance } = await import('../../plugin-author/conformance/conformance.ts');
  const { createReport } = await import('../../plugin-author/conformance/outcome.ts');
  const { ELSEWHERE } = await import('../../plugin-author/conformance/elsewhere.ts');
  const outcomes: Outcome[] = [];
  await checkConformance(
    bench,
    // what comes after an interruption comes of it
    createReport((outcome) => bench.signal.aborted || outcomes.push(outcome)),
    (what) => bench.signal.aborted || say([paint(what, 'bold', style)]),
  );
  say(['', ...outcomes.map((outcome) => outcomeLine(outcome, style))]);
  if (bench.signal.aborted) {
    say(['', `${paint(icon('fault', style), 'red', style)} interrupted: the rest was not tried`]);
    return outcomes;
  }
  const hasNoVerdict = outcomes.some(({ requirement, status }) => requirement === 'P-30' && status === 'broken');
  const isBroken = outcomes.some(({ status }) => status === 'broken');
  if (!isBroken) say(ELSEWHERE.map((untried) => elsewhereLine(untried, style)));
  say(['', outcomeCount(outcomes, style)]);
  if (hasNoVerdict && bench.spec.manifest.config_schema !== undefined)
    say([paint('what it needs for a verdict it is given with --config KEY=VALUE …', 'dim', style)]);
  return outcomes;
}

async function replayed(
  bench: Workbench,
  { recording, manifest, context }: { recording: Recording; manifest: Manifest; context: CommandContext },
): Promise<void> {
  const { replay } = await import('../../plugin-author/recording/replay.ts');
  const calls = await replay(bench, recording);
  const differing = calls.filter(({ difference }) => difference !== null);
  if (differing.length > 0) context.failed();
  if (context.json) return printJson(context.output, { plugin: manifest.name, version: manifest.version, calls });
  const sign = paint(icon('fault', context.style), 'red', context.style);
  printLines(context.output, [
    '',
    ...differing.map(({ method, difference }) => `${sign} ${method}: ${difference}`),
    differing.length === 0
      ? `${paint(icon('ok', context.style), 'green', context.style)} all ${calls.length} calls are answered as ${recording.version} answered them`
      : `${sign} ${differing.length} of ${calls.length} calls are answered otherwise than by ${recording.version}`,
  ]);
}
