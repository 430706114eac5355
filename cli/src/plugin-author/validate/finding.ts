/** One thing that a person should know about a plugin's folder. */
export type Finding = {
  /** `fault`: it cannot be used so; `question`: it can, and a reviewer would ask. */
  kind: 'fault' | 'question';
  /** From the plugin's folder. */
  file: string;
  /** LINE:COLUMN, or null where it is about the whole file. */
  place: string | null;
  /** The dotted key of the manifest, or empty. */
  path: string;
  message: string;
  /** What to write instead, or null. */
  suggestion: string | null;
};

/** A finding about a key of the manifest; `placeOf` tells where it stands. */
export function atKey(
  kind: Finding['kind'],
  path: string,
  { message, suggestion, placeOf }: { message: string; suggestion?: string; placeOf: (path: string) => string },
): Finding {
  return { kind, file: 'plugin.json', place: placeOf(path), path, message, suggestion: suggestion ?? null };
}
