import { AlysError } from '../../primitives/errors.ts';

/**
 * A transaction or block that the node refuses.
 * `reason` is Core's reject reason (`bad-txns-inputs-missingorspent`, `dust`, …), the message adds Core's detail.
 */
export class Rejection extends AlysError {
  readonly reason: string;

  constructor(reason: string, detail = '') {
    super('service', 'BITCOIN_REJECTION', detail === '' ? reason : `${reason}, ${detail}`);
    this.reason = reason;
  }
}

/** Refuses unless `condition` holds. @throws Rejection */
export function rejectUnless(condition: boolean, reason: string, detail = ''): asserts condition {
  if (!condition) throw new Rejection(reason, detail);
}

/** An amount as Core writes it in sentences and in JSON: BTC with eight decimals. */
export function btcText(amountSats: bigint): string {
  const digits = (amountSats < 0n ? -amountSats : amountSats).toString().padStart(9, '0');
  return `${amountSats < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
