import type { Clock } from '../../clock.ts';
import { SnoozeError } from '../../errors.ts';
import type { Severity } from '../../events/event.ts';
import type { SentEvent } from '../../events/intake.ts';
import { type HostServices, paramsOf, refusal } from './service.ts';

const MOST_IN_A_MINUTE = 30;
const MINUTE_MS = 60_000;

/** `Host.EmitEvent`: an event of the plugin's own, `custom` or `custom.<name>`, to all its handlers. */
export function emitEventService(emit: (event: SentEvent) => Promise<string>, clock: Clock): HostServices {
  const sent = new Map<string, number[]>();

  /** Each event is written to the disk and wakes its handlers: a plugin in a loop must not have that done for ever. */
  const count = (instance: string) => {
    const nowMs = clock.bootMs();
    const recent = (sent.get(instance) ?? []).filter((bootMs) => nowMs - bootMs < MINUTE_MS);
    if (recent.length >= MOST_IN_A_MINUTE) throw refusal('refused', `at most ${MOST_IN_A_MINUTE} events a minute`);
    sent.set(instance, [...recent, nowMs]);
  };

  return {
    'Host.EmitEvent': {
      schema: paramsOf(
        {
          type: {
            type: 'string',
            pattern: String.raw`^custom(\.[a-z0-9_-]+)*$`,
            description: 'custom or custom.<name>',
          },
          severity: { enum: [0, 1, 2, 3] },
          data: { type: 'object' },
          deadline: { type: ['string', 'null'] },
        },
        ['type'],
      ),
      async serve({ type, severity, data = {}, deadline = null }, { instance }) {
        count(instance);
        const leftMs = deadline === null ? undefined : Date.parse(String(deadline)) - clock.wallMs();
        if (Number.isNaN(leftMs)) throw refusal('invalidParams', `deadline: expected RFC 3339, found ${deadline}`);
        try {
          const id = await emit({
            type: String(type),
            source: `plugin ${instance}`,
            data: data as Record<string, unknown>,
            ...(severity !== undefined && { severity: severity as Severity }),
            ...(leftMs !== undefined && { deadlineSeconds: leftMs / 1000 }),
          });
          return { id };
        } catch (error) {
          if (error instanceof SnoozeError && error.code === 'SNOOZE_E_EVENT_INVALID')
            throw refusal('invalidParams', error.message);
          throw error;
        }
      },
    },
  };
}
