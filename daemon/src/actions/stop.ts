import { defineAction } from './action.ts';

/** Asks the cloud to stop the instance. */
export const stop = defineAction({
  name: 'stop',
  describe: ({ provider }) => provider.describeStop(),
  perform: ({ provider, signal }) => provider.stop(signal),
});
