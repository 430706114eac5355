import type { Clock } from '../../clock.ts';
import type { Leases } from '../../idle/leases.ts';
import { type HostServices, paramsOf, refusal } from './service.ts';

const LONGEST_SECONDS = 86_400;
const MOST_LEASES = 16;

/** `Host.Inhibit` and `Host.Release`: a plugin keeps the host awake, for a while at most. */
export function inhibitServices(leases: Leases, clock: Clock): HostServices {
  const heldBy = (owner: string) => leases.active(clock.bootMs()).filter((lease) => lease.owner === owner);
  return {
    'Host.Inhibit': {
      schema: paramsOf(
        {
          reason: { type: 'string', minLength: 1, maxLength: 500 },
          ttl_seconds: { type: 'number', exclusiveMinimum: 0, maximum: LONGEST_SECONDS },
        },
        ['reason', 'ttl_seconds'],
      ),
      serve({ reason, ttl_seconds: seconds }, { instance }) {
        const owner = ownerOf(instance);
        if (heldBy(owner).length >= MOST_LEASES)
          throw refusal('refused', `at most ${MOST_LEASES} inhibitors are held at a time`);
        const request = { name: instance, reason: String(reason), owner, ttlMs: Number(seconds) * 1000 };
        return { inhibitor: leases.add(request, clock.bootMs()) };
      },
    },
    'Host.Release': {
      schema: paramsOf({ inhibitor: { type: 'string', minLength: 1 } }, ['inhibitor']),
      serve({ inhibitor }, { instance }) {
        const mine = heldBy(ownerOf(instance)).some(({ id }) => id === inhibitor);
        if (!mine)
          throw refusal('notFound', `there is no inhibitor ${inhibitor}: it was released, or its time is over`);
        leases.release(String(inhibitor));
        return {};
      },
    },
  };
}

/** Lets go of all that an instance holds: it is not in use any more. */
export function releaseAll(leases: Leases, instance: string, clock: Clock): void {
  for (const { id, owner } of leases.active(clock.bootMs())) if (owner === ownerOf(instance)) leases.release(id);
}

function ownerOf(instance: string): string {
  return `plugin ${instance}`;
}
