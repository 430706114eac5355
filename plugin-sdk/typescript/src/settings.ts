/** One setting, in JSON Schema's words. Without a default the configuration must have it. */
export type Setting = {
  type?: string | readonly string[];
  enum?: readonly unknown[];
  default?: unknown;
  description?: string;
  [keyword: string]: unknown;
};

export type Settings = Readonly<Record<string, Setting>>;

/** The configuration that some settings describe. */
export type ConfigOf<S extends Settings> = { [Key in keyof S]: ValueOf<S[Key]> };

type ValueOf<S> = S extends { enum: readonly (infer Choice)[] }
  ? Choice
  : S extends { type: readonly (infer Name)[] }
    ? Named<Name, S>
    : S extends { type: infer Name }
      ? Named<Name, S>
      : unknown;

type Named<Name, S> =
  | (Name extends 'string' ? string : never)
  | (Name extends 'integer' | 'number' ? number : never)
  | (Name extends 'boolean' ? boolean : never)
  | (Name extends 'null' ? null : never)
  | (Name extends 'array' ? (S extends { items: infer Item } ? ValueOf<Item>[] : unknown[]) : never)
  | (Name extends 'object' ? Record<string, unknown> : never);

/** The JSON Schema of a configuration. */
export function schemaOf(settings: Settings): object {
  const required = Object.keys(settings).filter((key) => settings[key] && !('default' in settings[key]));
  const more = required.length > 0 ? { required } : {};
  return { type: 'object', additionalProperties: false, properties: settings, ...more };
}

/** A configuration with the defaults where nothing else is said: the host fills them in too, but by hand nobody does. */
export function withDefaults(settings: Settings, config: object): Record<string, unknown> {
  const defaults = Object.entries(settings).flatMap(([key, { default: value }]) =>
    value === undefined ? [] : [[key, value]],
  );
  return { ...Object.fromEntries(defaults), ...config };
}
