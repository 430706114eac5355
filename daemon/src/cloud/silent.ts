import { SnoozeError } from '../errors.ts';
import type { Provider } from './provider.ts';

/** A cloud that has not said yet who this host is: nothing can be asked of it, and no stop is safe. */
export function createSilentProvider(reason: string): Provider {
  const message = `cloud not known yet: ${reason}`;
  const refuse = () => Promise.reject(new SnoozeError('SNOOZE_E_METADATA', message));
  return {
    name: 'not known yet',
    identity: null,
    tag: null,
    stop: refuse,
    describeStop: () => 'ask the cloud to stop this host, once it is known which one it is in',
    look: () => Promise.resolve([{ id: 'cloud-unknown', effect: 'forbids', message }]),
  };
}
