/** Notes that an invariant does not hold. The first ends the run. */
export type Report = (invariant: `INV-${number}`, detail: string) => void;
