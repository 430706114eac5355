import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { latency } from './duration.ts';
import { colourOf, paint, type Style } from './style.ts';
import { fields, table } from './table.ts';
import { clean, pad } from './text.ts';
import { clockTime } from './time.ts';

type PluginInfo = ControlMethods['plugin.info']['result'];
export type PluginSummary = PluginInfo['summary'];
export type Manifest = PluginInfo['manifest'];

const PERMISSION_WIDTH = 'other processes'.length;
const LEVEL_WIDTH = 'enforced'.length;

/** All plugins, in the daemon's order. */
export function pluginList(plugins: readonly PluginSummary[], frame: { width: number; style: Style }): string[] {
  const rows = plugins.map((plugin) => [
    plugin.instance,
    plugin.plugin === plugin.instance ? plugin.version : `${plugin.plugin} ${plugin.version}`,
    { text: wordOf(plugin), colour: colourOf(wordOf(plugin)) },
    plugin.verdict === null ? '–' : { text: plugin.verdict, colour: colourOf(plugin.verdict) },
    plugin.took_ms === null ? '–' : latency(plugin.took_ms),
    (plugin.state === 'failed' ? plugin.last_error : (plugin.degraded ?? plugin.reason ?? plugin.last_error)) ?? '',
  ]);
  const columns = [
    { title: 'PLUGIN' },
    { title: 'VERSION' },
    { title: 'STATE' },
    { title: 'VERDICT' },
    { title: 'TOOK', align: 'right' as const },
    { title: 'REASON' },
  ];
  return table(columns, rows, frame);
}

/** The state in a word: `degraded` where it runs and says that something is wrong. */
function wordOf({ state, degraded }: PluginSummary): PluginSummary['state'] | 'degraded' {
  return degraded === null ? state : 'degraded';
}

/** One plugin with everything that is known of it. */
export function pluginPage(
  { summary, manifest, config, sandbox, installed }: PluginInfo,
  { style, nowMs }: { style: Style; nowMs: number },
): string[] {
  const { instance, plugin, since, next_try: nextTry, cause, degraded, last_error: lastError } = summary;
  const hasSaid = summary.verdict !== null && summary.state !== 'failed';
  return [
    `${paint(instance, 'bold', style)}  ${manifest.version}  ${paint(wordOf(summary), colourOf(wordOf(summary)), style)}`,
    ...fields(
      [
        ['what', manifest.description ?? manifest.display_name ?? ''],
        ['since', since === null ? '' : `${clockTime(since, nowMs, 'seconds')}: ${cause ?? ''}`],
        ['degraded', degraded === cause ? '' : (degraded ?? '')],
        [
          'next try',
          nextTry === null ? '' : `${clockTime(nextTry, nowMs, 'seconds')}, or now: snooze plugin restart ${instance}`,
        ],
        ['plugin', plugin === instance ? '' : plugin],
        ['source', installed === null ? '' : `${installed.source}, ${clockTime(installed.installed_at, nowMs)}`],
        ['signed', installed?.signed_by ? `by the trusted key ${installed.signed_by}` : ''],
        ['folder', summary.directory],
        ['runs', whatItRuns(manifest)],
        ['process', summary.pid === null ? '' : String(summary.pid)],
        ['memory, CPU', notCounted(summary, manifest)],
        ['asks for', permissionsOf(manifest)],
        ['handles', Object.keys(manifest.events ?? {}).join(', ')],
        ['verdict', hasSaid ? `${summary.verdict}: ${summary.reason ?? ''}` : ''],
        ['took', summary.took_ms === null || !hasSaid ? '' : latency(summary.took_ms)],
        ['restarts', summary.restarts === 0 ? '' : String(summary.restarts)],
        ['timeouts', summary.timeouts === 0 ? '' : String(summary.timeouts)],
        ['last error', lastError === cause ? '' : (lastError ?? '')],
        ['config', Object.keys(config).length === 0 ? '' : JSON.stringify(config)],
        ['sandbox', engineOf(sandbox)],
      ],
      style,
    ),
    ...permissionLines(sandbox),
  ];
}

/** What keeps a plugin to its manifest, and why nothing stronger does. */
export function engineOf({ engine, why }: PluginInfo['sandbox']): string {
  return why === null ? engine : `${engine} (${why})`;
}

/** What a plugin may do, line by line, and whether this host holds it to that. */
export function permissionLines({ permissions }: PluginInfo['sandbox']): string[] {
  return permissions.map(
    ({ permission, level, words }) =>
      `    ${pad(permission, PERMISSION_WIDTH)}  ${pad(level, LEVEL_WIDTH)}  ${clean(words)}`,
  );
}

/** The program behind a plugin, as it is started. */
export function whatItRuns({ exec, module, isolation, build, permissions: { network = [] } = {} }: Manifest): string {
  const where = isolation === 'worker' ? 'in a thread' : 'inside';
  const program = exec === undefined ? `${module ?? ''}, ${where} of snoozed` : commandLine(exec);
  if (build === undefined) return program;
  return `${program} (built by: ${commandLine(build)}${network.length > 0 ? ', with the network' : ''})`;
}

/** Why nothing is told of the memory and CPU of a plugin in use. */
function notCounted({ state, pid }: PluginSummary, { type, isolation }: Manifest): string {
  if (state !== 'running' || pid !== null) return '';
  if (type !== 'native') return 'it has no process of its own between calls';
  return `counted with snoozed: it runs ${isolation === 'worker' ? 'in a thread' : 'inside'} of it`;
}

/** The permissions that a manifest asks for, in one line. */
export function permissionsOf({ permissions = {} }: Manifest): string {
  const asked = Object.entries(permissions).filter(([, list]) => list.length > 0);
  return asked.length === 0 ? 'nothing' : asked.map(([name, list]) => `${name} ${list.join(', ')}`).join(' · ');
}

function commandLine({ command, args = [] }: { command: string; args?: string[] }): string {
  return [command, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
