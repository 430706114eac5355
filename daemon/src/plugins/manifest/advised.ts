import type { Fault } from '../../config/validator.ts';

/** A fault of a plugin's folder, and what to write instead where that can be told. `path` is the manifest's dotted key. */
export type Advised = Fault & { suggestion?: string };
