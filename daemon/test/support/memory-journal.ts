import type { Clock } from '../../src/clock.ts';
import type { EventRecord } from '../../src/events/event.ts';
import type { Journal } from '../../src/store/store.ts';

const ENDS = ['done', 'canceled', 'ended', 'overdue'];

/**
 * A journal in memory that outlives the dispatchers of a test, as the file outlives the daemon.
 * @param clockNow the clock of the run that writes, all of one boot; without it nothing is known of the time since boot.
 */
export function createMemoryJournal(clockNow?: () => Clock): Journal {
  const records = new Map<string, EventRecord>();
  const all = () => [...records.values()].map((record) => structuredClone(record));
  const deadlinesBootMs = new Map<string, number>();
  const noteDeadline = (id: string, deadline: string | null) => {
    const clock = clockNow?.();
    if (clock === undefined) return;
    const leftMs = deadline === null ? 0 : Date.parse(deadline) - clock.wallMs();
    if (leftMs > 0) deadlinesBootMs.set(id, clock.bootMs() + leftMs);
    else deadlinesBootMs.delete(id);
  };
  return {
    add(event) {
      if (records.has(event.id)) return false;
      noteDeadline(event.id, event.deadline);
      records.set(event.id, {
        event: structuredClone(event),
        state: 'pending',
        seenAt: event.timestamp,
        endedAt: null,
        outcomes: [],
        atWork: [],
        remarks: [],
        closing: null,
      });
      return true;
    },
    update(id, { deadline, data }) {
      const record = records.get(id);
      if (record && record.event.deadline !== deadline) noteDeadline(id, deadline);
      if (record) record.event = { ...record.event, deadline, data: { ...record.event.data, ...data } };
    },
    setState(id, state) {
      const record = records.get(id);
      if (record) Object.assign(record, { state, endedAt: ENDS.includes(state) ? 'ended' : null });
    },
    addTurn(id, turn) {
      records.get(id)?.atWork.push(turn);
    },
    addOutcome(id, outcome) {
      const record = records.get(id);
      record?.outcomes.push(outcome);
      if (record) record.atWork = record.atWork.filter(({ handler }) => handler !== outcome.handler);
    },
    addRemark(id, remark) {
      records.get(id)?.remarks.push(remark);
    },
    put: (record) => void records.set(record.event.id, structuredClone(record)),
    ahead: () => [],
    get: (id) => all().find(({ event }) => event.id === id),
    deadlineBootMs: (id) => deadlinesBootMs.get(id),
    idsWith: (part, limit) =>
      all()
        .map(({ event }) => event.id)
        .filter((id) => id.includes(part))
        .slice(0, limit),
    list(limit, before) {
      const newest = all().reverse();
      const from = before === undefined ? 0 : newest.findIndex(({ event }) => event.id === before) + 1;
      return newest.slice(from, from + limit);
    },
    setClosing(id, closing) {
      const record = records.get(id);
      if (record) Object.assign(record, { closing, endedAt: null });
    },
    unfinished: () => all().filter((record) => record.endedAt === null && !isWaiting(record)),
    waiting: (limit) =>
      all()
        .filter(isWaiting)
        .sort((a, b) => b.event.severity - a.event.severity)
        .slice(0, limit),
    open: (source) => all().filter(({ event, closing }) => event.source === source && closing === null),
    ofIncident: (incident) => all().filter(({ event }) => event.data['incident'] === incident),
    group: (write) => write(),
  };
}

function isWaiting({ event, state }: EventRecord): boolean {
  return state === 'pending' && event.type.startsWith('custom');
}
