import type { Engine } from './engine.ts';

/** No confinement: the process has the rights of the daemon's user. */
export const plain: Engine = {
  name: 'plain',
  keeps: new Set(),
  ownUsers: false,
  wrap: (launch) => launch,
};
