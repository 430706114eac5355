/** A plugin that the doctor looked at, and what is wrong with it. */
export type Patient = {
  name: string;
  directory: string | null;
  /** Its state in the daemon, or null where no daemon answers. */
  state: string | null;
  complaints: Complaint[];
};

export type Complaint = {
  /** `fault`: it does not do what it should; `note`: worth knowing. */
  kind: 'fault' | 'note';
  what: string;
  /** What to do about it, or null where nothing need be done. */
  advice: string | null;
};
