import { describeError, SnoozeError } from '../errors.ts';
import { defineProvider, type Provider } from './provider.ts';

/** A host in no cloud. */
export const local = defineProvider({
  name: 'local',
  expects: () => 'yes',
  find: () => Promise.resolve({ provider: createLocalProvider(), imds: null, metadata: null }),
});

/** The provider `local`: a host in no cloud, which nobody but itself can stop. */
export function createLocalProvider(): Provider {
  const error = new SnoozeError('SNOOZE_E_CLOUD_FAILED', 'this host is in no cloud that could stop it', {
    hint: 'set action to "poweroff", or provider_type to the cloud it is in',
  });
  const refuse = () => Promise.reject(error);
  return {
    name: 'local',
    identity: null,
    tag: null,
    stop: refuse,
    describeStop: () => 'ask the cloud to stop this host, but it is in none: only action "poweroff" could end it',
    look: () => Promise.resolve([{ id: 'no-cloud', effect: 'forbids', message: describeError(error) }]),
  };
}
