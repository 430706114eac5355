/** What a new plugin is to be. */
export type Plan = {
  /** As in its manifest: small letters, digits and hyphens. */
  name: string;
  /** Event types that it handles. */
  handles: readonly string[];
};

/** A language that `snooze plugin new` knows. */
export type Template = {
  language: string;
  /** Every file but the manifest and the README, by its path in the plugin's folder. */
  files(plan: Plan): Record<string, string>;
  /** What is particular about the manifest: what is run. */
  manifest(plan: Plan): Record<string, unknown>;
  /** Capabilities that its SDK has of itself. */
  alsoDoes: readonly string[];
  /** The kind of numbers that it can compare. */
  numbers: 'number' | 'integer';
  /** The folder of the SDK that is copied beside the plugin, and the name of the copy; null where it needs none. */
  sdk: { folder: string; copy: string } | null;
  /** How its own test is run, in its folder. */
  testCommand(plan: Plan): string;
  /** How the manifest is made anew from the code, in its folder; null where it is written by hand. */
  manifestCommand(plan: Plan): string | null;
};

export function defineTemplate(template: Template): Template {
  return template;
}

/** What every new plugin says of itself. */
export const DESCRIPTION = 'Idle while the load of the host is low.';
export const VERSION = '0.1.0';
export const LIMITS = {
  license: 'Apache-2.0',
  min_host_version: '0.1.0',
  timeouts: { check_seconds: 5 },
  resources: { memory_mb: 64 },
} as const;
/** Its one setting. */
export const LIMIT = { default: 1, minimum: 0, description: 'idle up to this load' } as const;

/** A name as a word of a programming language: `my-plugin` as `my_plugin`. */
export function identifier(name: string): string {
  return name.replaceAll('-', '_');
}
