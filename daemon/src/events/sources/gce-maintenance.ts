import { rfc3339 } from '../../clock.ts';
import { endOthers, GCE_SOURCE, watchItem } from './gce.ts';
import { defineSource, type SourceContext } from './source.ts';

const TYPE = 'cloud.instance.maintenance';
/** A migration comes a minute after the notice; on a host with a GPU the notice is longer, which nobody tells. */
const NOTICE_MS = 60_000;

/** Waits for Google's word that its host machine is maintained, and this host moved or terminated. */
export const gceMaintenance = defineSource({
  name: 'gce-maintenance',
  title: 'Google host maintenance',
  applies: ({ identity, metadata }) => identity?.provider === 'gcp' && metadata !== null,
  watch(context) {
    const { identity, clock, emit, find } = context;
    return watchItem(context, {
      item: 'maintenance-event',
      what: 'host maintenance',
      values: ['NONE', 'MIGRATE_ON_HOST_MAINTENANCE', 'TERMINATE_ON_HOST_MAINTENANCE'],
      take(value) {
        if (value === 'NONE') {
          endOthers(context, TYPE, 'Google has done the maintenance');
          return 'no maintenance';
        }
        const id = idOf(value, context);
        const terminates = value === 'TERMINATE_ON_HOST_MAINTENANCE';
        const deadline = find(id)?.event.deadline ?? rfc3339(clock.wallMs() + NOTICE_MS);
        emit({
          kind: 'notice',
          id,
          type: TYPE,
          source: GCE_SOURCE,
          severity: terminates ? 3 : 2,
          deadline,
          data: { code: value, not_before: deadline, instance_id: identity?.instanceId, stage: 'scheduled' },
        });
        endOthers(context, TYPE, `Google now says ${value}`, id);
        return `Google ${terminates ? 'terminates' : 'migrates'} this host at ${deadline}`;
      },
    });
  },
});

/** The same may come again: then it is another event. One that nobody has ended is the same. */
function idOf(value: string, { identity, bootId, find }: SourceContext): string {
  const id = (turn: number) => `gce-maintenance:${identity?.instanceId}:${bootId}:${value}:${turn}`;
  let turn = 1;
  while (find(id(turn))?.closing) turn += 1;
  return id(turn);
}
