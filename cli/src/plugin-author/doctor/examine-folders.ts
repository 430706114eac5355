import type { Config } from '@cloudsnooze/daemon/config/config';
import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import { discoverPlugins } from '@cloudsnooze/daemon/plugins/manifest/discover';
import { isEnabled, pluginOf, resolveInstance } from '@cloudsnooze/daemon/plugins/manifest/instance-spec';
import { adviceFor } from './advice.ts';
import { complaintsOfFolder } from './examine-running.ts';
import type { Complaint, Patient } from './patient.ts';

/** What can be told of the plugins on this host without a daemon: of their folders, and of what the configuration wants. */
export function examineFolders(searchPath: readonly string[], config: Config | null, path: string): Patient[] {
  const { plugins, problems } = discoverPlugins(searchPath);
  const broken = problems.map(({ name, directory, message }): Patient => {
    const found = complaintsOfFolder(directory, path);
    const told: Complaint[] = [
      { kind: 'fault', what: message, advice: adviceFor(message, { name, directory, source: null }) },
    ];
    return { name, directory, state: null, complaints: found.length > 0 ? found : told };
  });
  const whole = [...plugins.values()].map(
    ({ manifest, directory }): Patient => ({
      name: manifest.name,
      directory,
      state: null,
      complaints: complaintsOfFolder(directory, path),
    }),
  );
  const patients = [...broken, ...whole];
  for (const instance of Object.keys(config?.plugins.plugin_configs ?? {})) {
    if (config === null || !isEnabled(instance, config)) continue;
    const complaint = complaintOfInstance(instance, { plugins, searchPath, config });
    if (complaint === null || broken.some(({ name }) => name === pluginOf(instance, config))) continue;
    const known = patients.find(({ name }) => name === instance);
    if (known !== undefined) known.complaints.push(complaint);
    else patients.push({ name: instance, directory: null, state: null, complaints: [complaint] });
  }
  return patients;
}

type Known = { plugins: ReturnType<typeof discoverPlugins>['plugins']; searchPath: readonly string[]; config: Config };

function complaintOfInstance(instance: string, { plugins, searchPath, config }: Known): Complaint | null {
  const plugin = pluginOf(instance, config);
  const found = plugins.get(plugin);
  const sick = { name: instance, directory: found?.directory ?? null, source: null };
  const fault = (what: string): Complaint => ({ kind: 'fault', what, advice: adviceFor(what, sick) });
  if (found === undefined) return fault(`there is no plugin ${plugin} in ${searchPath.join(', ')}`);
  try {
    resolveInstance(instance, found, config);
    return null;
  } catch (error) {
    if (error instanceof SnoozeError) return fault(messageOf(error));
    throw error;
  }
}
