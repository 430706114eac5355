import { nearest } from '@cloudsnooze/daemon/config/validator';
import { schemaOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema';
import { propertiesOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema-faults';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { HOST_METHODS } from './host-methods.ts';
import { unseenQuestions } from './unseen.ts';

/** What somebody who grants a permission would ask about it; `path` is its place in the manifest. */
export type PermissionQuestion = { path: string; message: string; suggestion?: string };

/** `source` is the text of the plugin's own files: a permission that none of it mentions is one too many. */
export function permissionQuestions(manifest: Manifest, source: string): PermissionQuestion[] {
  const { permissions = {}, config_schema } = manifest;
  const settings = propertiesOf(schemaOf(config_schema) ?? {}).map(([name]) => name);
  const each = (name: keyof typeof permissions, ask: (entry: string) => Omit<PermissionQuestion, 'path'> | null) =>
    (permissions[name] ?? []).flatMap((entry, index) => {
      const question = ask(entry);
      return question === null ? [] : [{ path: `permissions.${name}.${index}`, ...question }];
    });
  return [
    ...unusedNetwork(permissions.network ?? [], source),
    ...each('network', wideNetwork),
    ...each('read', (path) => unknownSetting(path, settings) ?? noHome(path) ?? unusedPath(path, source)),
    ...each('write', (path) => unknownSetting(path, settings) ?? noHome(path) ?? widePath(path)),
    ...each('env', (name) => (source.includes(name) ? null : unused(name))),
    ...each('host', (method) => unknownMethod(method) ?? (mentions(source, method) ? null : unused(method))),
    ...unseenQuestions(manifest, source),
  ];
}

/** What programs that use the network mention, in whatever language. */
const NETWORK_WORDS = /socket|http|\bnet\b|dial|connect|curl|wget|urllib|fetch|smtp|\bssh\b|host/i;
const WHOLE_NETWORK = /^\*|^0\.0\.0\.0|^::|\/0$/;
const WIDE_PATH = /^\/?$|^\/(etc|usr|home|root|var)\/?$/;
const SETTING = /^\$\{config\.([^}]+)\}/;

function unusedNetwork(network: readonly string[], source: string): PermissionQuestion[] {
  if (network.length === 0 || NETWORK_WORDS.test(source)) return [];
  return [{ path: 'permissions.network', message: 'what is the network for? No file of the plugin seems to use it' }];
}

function wideNetwork(target: string) {
  if (!WHOLE_NETWORK.test(target)) return null;
  const suggestion = 'name hosts and ports, as in "127.0.0.1:6379"';
  return { message: `why does it need the whole network (${target})?`, suggestion };
}

function widePath(path: string) {
  if (!WIDE_PATH.test(path)) return null;
  return { message: `why may it write to ${path}?`, suggestion: 'its state folder is always its own' };
}

/** A path that a setting names is granted only where there is such a setting. */
function unknownSetting(path: string, settings: readonly string[]) {
  const [, setting] = SETTING.exec(path) ?? [];
  if (setting === undefined || settings.includes(setting)) return null;
  const meant = nearest(setting, settings);
  const suggestion =
    meant === undefined ? 'the settings are those of "config_schema"' : `did you mean \${config.${meant}}?`;
  return { message: `there is no setting ${setting}, so this grants nothing`, suggestion };
}

/** Nobody's shell reads the manifest. */
function noHome(path: string) {
  if (!path.startsWith('~')) return null;
  const suggestion = 'name the whole path, or a setting that has it';
  return { message: `${path} is no home here, so this grants nothing`, suggestion };
}

/** A method, or a family of them as `Host.KV.*`. */
function unknownMethod(method: string) {
  const family = method.endsWith('.*') ? method.slice(0, -1) : undefined;
  if (HOST_METHODS.some((known) => known === method || (family !== undefined && known.startsWith(family)))) return null;
  const isFamily = HOST_METHODS.some((known) => known.startsWith(`${method}.`));
  const meant = isFamily ? `${method}.*` : nearest(method, HOST_METHODS);
  const suggestion = meant === undefined ? `there are ${HOST_METHODS.join(', ')}` : `did you mean ${meant}?`;
  return { message: `snoozed has no method ${method}, so this grants nothing`, suggestion };
}

function unusedPath(path: string, source: string) {
  return SETTING.test(path) || path === '/' || source.includes(path) ? null : unused(path);
}

function unused(name: string) {
  return { message: `what is ${name} for? No file of the plugin mentions it` };
}

/** `Host.EmitEvent`, or as the SDKs write it: `emit_event`, `emitEvent`; the log is written to without naming it. */
function mentions(source: string, method: string): boolean {
  const words = method
    .split('.')
    .at(-1)
    ?.match(/[A-Z]+[a-z]*/g) ?? [method.split('.')[1] ?? method];
  return method === 'Host.Log' || new RegExp(words.join('_?'), 'i').test(source);
}
