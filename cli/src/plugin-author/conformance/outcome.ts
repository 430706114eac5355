/** What was found about one requirement of the protocol (plugin-sdk/protocol/requirements.md). */
export type Outcome = {
  /** `P-30` and so on. */
  requirement: string;
  /** What the plugin does where it holds, as the end of a sentence. */
  what: string;
  status: 'held' | 'broken' | 'not tried';
  /** Why it is broken or was not tried; for one that is held, what is worth knowing. */
  note: string | null;
};

/** Tells an outcome: held where nothing is wrong, else broken with the reason. */
export type Report = ((requirement: string, what: string, wrong?: string | null) => void) & {
  held(requirement: string, what: string, note: string): void;
  notTried(requirement: string, what: string, why: string): void;
};

/** Makes a `Report` that hands each outcome on. */
export function createReport(tell: (outcome: Outcome) => void): Report {
  const report = (requirement: string, what: string, wrong?: string | null) =>
    tell({ requirement, what, status: wrong == null ? 'held' : 'broken', note: wrong ?? null });
  return Object.assign(report, {
    held: (requirement: string, what: string, note: string) => tell({ requirement, what, status: 'held', note }),
    notTried: (requirement: string, what: string, why: string) =>
      tell({ requirement, what, status: 'not tried', note: why }),
  });
}

/** Where it is told what is found, and what goes on. */
export type Telling = { report: Report; watch: (what: string) => void };
