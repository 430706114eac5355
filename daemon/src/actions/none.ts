import { defineAction } from './action.ts';

/** Decides and records, and does nothing: for whoever acts on the tags or the history. */
export const none = defineAction({
  name: 'none',
  describe: () => 'do nothing (action "none")',
  perform: () => Promise.resolve(),
});
