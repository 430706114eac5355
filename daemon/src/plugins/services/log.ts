import type { Log } from '../../log.ts';
import { levelNamed } from '../stderr.ts';
import { type HostServices, paramsOf } from './service.ts';

const LONGEST_FIELDS_CHARACTERS = 2_000;

/** `Host.Log`: a line with fields in the daemon's log. */
export function logService(logOf: (instance: string) => Log): HostServices {
  return {
    'Host.Log': {
      schema: paramsOf({ level: { type: 'string' }, message: { type: 'string' }, fields: { type: 'object' } }, [
        'message',
      ]),
      serve({ level = 'info', message, fields = {} }, { instance }) {
        // Whose line it is, is not for the plugin to say.
        const kept = JSON.stringify(fields).length > LONGEST_FIELDS_CHARACTERS ? {} : (fields as object);
        logOf(instance)[levelNamed(String(level))]({ ...kept, plugin: instance }, String(message).slice(0, 2_000));
        return {};
      },
    },
  };
}
