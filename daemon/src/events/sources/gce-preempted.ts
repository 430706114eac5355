import { rfc3339 } from '../../clock.ts';
import { endOthers, GCE_SOURCE, watchItem } from './gce.ts';
import { defineSource } from './source.ts';

const TYPE = 'cloud.spot.interrupt';
const NOTICE_MS = 30_000;

/** Waits for Google's word that this host is preempted. */
export const gcePreempted = defineSource({
  name: 'gce-preempted',
  title: 'Google preemption notices',
  applies: ({ identity, metadata }) => identity?.provider === 'gcp' && metadata !== null,
  watch(context) {
    const { identity, bootId, clock, emit, find } = context;
    const id = `gce-preempted:${identity?.instanceId}:${bootId}`;
    return watchItem(context, {
      item: 'preempted',
      what: 'preemption notices',
      values: ['TRUE', 'FALSE'],
      take(value) {
        if (value === 'FALSE') {
          endOthers(context, TYPE, 'Google does not say it any more');
          return 'not preempted';
        }
        // It names no time: the thirty seconds count from when it was seen first.
        const deadline = find(id)?.event.deadline ?? rfc3339(clock.wallMs() + NOTICE_MS);
        const data = { action: 'terminate', time: deadline, instance_id: identity?.instanceId, stage: 'interrupt' };
        emit({ kind: 'notice', id, type: TYPE, source: GCE_SOURCE, severity: 3, deadline, data });
        endOthers(context, TYPE, 'the host was started again', id);
        return `Google preempts this host at ${deadline}`;
      },
    });
  },
});
