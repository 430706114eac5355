import type { Clock } from '../../clock.ts';
import { limitLines, type SaidLog } from '../process/line-limit.ts';
import { levelNamed } from '../process/stderr.ts';
import { type HostServices, paramsOf } from './service.ts';

const LONGEST_FIELDS_CHARACTERS = 2_000;

/** `Host.Log`: a line with fields in the daemon's log. */
export function logService(logOf: (instance: string) => SaidLog, clock: Clock): HostServices {
  const limited = new Map<string, ReturnType<typeof limitLines>>();
  return {
    'Host.Log': {
      schema: paramsOf({ level: { type: 'string' }, message: { type: 'string' }, fields: { type: 'object' } }, [
        'message',
      ]),
      serve({ level = 'info', message, fields = {} }, { instance }) {
        const say = limited.getOrInsertComputed(instance, () => limitLines(logOf(instance), clock, instance));
        const kept = JSON.stringify(fields).length > LONGEST_FIELDS_CHARACTERS ? {} : (fields as object);
        say(levelNamed(String(level)), kept, String(message).slice(0, 2_000));
        return {};
      },
    },
  };
}
