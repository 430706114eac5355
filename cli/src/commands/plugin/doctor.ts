import { loadConfig } from '@cloudsnooze/daemon/config/load';
import { locations, pluginSearchPath } from '@cloudsnooze/daemon/config/locations';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { type CommandContext, printJson, printLines } from '../../context.ts';
import type { Patient } from '../../plugin-author/doctor/patient.ts';
import { orphanLines, patientLines } from '../../render/patient.ts';
import { clean } from '../../render/text.ts';

export const pluginDoctor = defineCommand({
  summary: 'what is wrong with any plugin, and what to do about it; looks at the folders where no daemon answers',
  arguments: { name: { description: 'one plugin; all of them where none is named', optional: true } },
  options: {},
  examples: ['snooze plugin doctor', 'snooze plugin doctor redis-monitor'],
  async run({ arguments: { name } }, context) {
    const { findOrphans } = await import('../../plugin-author/doctor/orphans.ts');
    const { patients, notes } = await examine(context);
    const wanted = name === undefined ? patients : patients.filter((patient) => patient.name === name);
    if (name !== undefined && wanted.length === 0) {
      throw new SnoozeError('SNOOZE_E_PLUGIN_UNKNOWN', `there is no plugin or instance ${name}`, {
        hint: 'type: snooze plugin doctor',
      });
    }
    const orphans = findOrphans(locations({}, context.environment).stateDirectory).filter(
      ({ instance }) => name === undefined || instance === name,
    );
    const sick = wanted.filter(({ complaints }) => complaints.some(({ kind }) => kind === 'fault'));
    if (sick.length > 0 || orphans.length > 0) context.failed();
    if (context.json) return printJson(context.output, { plugins: wanted, orphans, notes });
    printLines(context.output, [
      ...notes.map((note) => clean(note)),
      ...wanted.flatMap((patient) => patientLines(patient, context.style)),
      ...orphanLines(orphans, context.style),
      ...summaryOf(wanted.length, sick.length, orphans.length),
    ]);
  },
});

/** The last line. */
function summaryOf(examined: number, sick: number, orphans: number): string[] {
  const lost = orphans === 0 ? [] : [`${orphans} ${orphans === 1 ? 'process is' : 'processes are'} owned by nobody`];
  if (sick > 0) return [[`something is wrong with ${sick} of ${examined}`, ...lost].join('; ')];
  if (orphans > 0) return lost;
  return [examined === 0 ? 'no plugin is installed; next: snooze plugin install PATH' : 'nothing is wrong'];
}

type Examined = { patients: Patient[]; notes: string[] };

async function examine(context: CommandContext): Promise<Examined> {
  const { examineRunning } = await import('../../plugin-author/doctor/examine-running.ts');
  const path = context.environment['PATH'] ?? '';
  try {
    return await context.withDaemon(async (client) => {
      const summaries = await client.call('plugin.list', {});
      const sources = await sourcesFrom(client);
      const patients = summaries.map(async (summary) => {
        const { instance: name, state } = summary;
        const { sandbox } = state === 'running' ? await client.call('plugin.info', { name }) : { sandbox: null };
        return examineRunning(summary, path, { sandbox, source: sources.get(summary.plugin) ?? null });
      });
      return { patients: await Promise.all(patients), notes: [] };
    });
  } catch (error) {
    if (!(error instanceof SnoozeError) || !['SNOOZE_E_NO_DAEMON', 'SNOOZE_E_NOT_PERMITTED'].includes(error.code))
      throw error;
    return examineWithoutDaemon(context, path, error);
  }
}

/** What each plugin was installed from. */
async function sourcesFrom(client: ControlClient): Promise<Map<string, string>> {
  try {
    const installed = await client.call('plugin.installed', {});
    return new Map(installed.map(({ plugin, source }) => [plugin, source]));
  } catch {
    return new Map(); // plugins.lock cannot be read, which each plugin complains of
  }
}

async function examineWithoutDaemon(context: CommandContext, path: string, reason: SnoozeError): Promise<Examined> {
  const { examineFolders } = await import('../../plugin-author/doctor/examine-folders.ts');
  const environment = { ...context.environment };
  const { configFile, configFileRequired, stateDirectory } = locations({}, environment);
  const notes = [`${reason.message}; so only the folders are looked at`];
  try {
    const { config } = loadConfig({ file: configFile, fileRequired: configFileRequired, environment, flags: {} });
    const searchPath = pluginSearchPath(environment, { stateDirectory, configured: config.plugins.directories });
    return { patients: examineFolders(searchPath, config, path), notes };
  } catch (error) {
    if (!(error instanceof SnoozeError)) throw error;
    const searchPath = pluginSearchPath(environment, { stateDirectory, configured: [] });
    return { patients: examineFolders(searchPath, null, path), notes: [...notes, error.message] };
  }
}
