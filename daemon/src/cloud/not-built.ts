import { describeError, SnoozeError } from '../errors.ts';
import type { Identity, Provider } from './provider.ts';

/** A cloud in which this host knows who it is, and through which it can be neither stopped nor tagged. */
export function createIdentityProvider(identity: Identity, cloud: string, hint: string): Provider {
  const message = `stopping a host through ${cloud} is not built into this version of snoozed`;
  const error = new SnoozeError('SNOOZE_E_CLOUD_FAILED', message, { hint });
  return {
    name: identity.provider,
    identity,
    tag: null,
    stop: () => Promise.reject(error),
    describeStop: () => `stop nothing: ${describeError(error)}`,
    look: () => Promise.resolve([{ id: 'not-built', effect: 'forbids', message: describeError(error) }]),
  };
}
