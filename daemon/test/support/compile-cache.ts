const { NODE_COMPILE_CACHE } = process.env;

/** What spares a program in TypeScript the stripping of its types at each start, as `bin/snoozed` has it; to be given on. */
export const COMPILE_CACHE: Readonly<Record<string, string>> =
  NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
