import type { BlockNode } from './chain/block-node.ts';

/** How a call is spoilt. */
export type CallFault =
  /** Answered with that status and no JSON: 500 as by a broken proxy, 401 as after a changed password, 503 overload. */
  | { readonly kind: 'status'; readonly status: number }
  /** Never answered and never done. */
  | { readonly kind: 'hang' }
  /** Done and never answered: the time-out after a broadcast. */
  | { readonly kind: 'hang-after' }
  /** Done and answered with the first half of the JSON. */
  | { readonly kind: 'truncate' }
  /** Done, and the connection cut before the answer. */
  | { readonly kind: 'reset' };

interface PlannedFault {
  readonly fault: CallFault;
  readonly methods: ReadonlySet<string> | null;
  remaining: number;
}

/** Switches by which tests make the server misbehave. Nothing else touches them. */
export class ServerFaults {
  private readonly planned: PlannedFault[] = [];
  /** Name of the network in `getblockchaininfo`, for a node pointed at the wrong one. */
  chainName: string | null = null;
  /** What `estimatesmartfee` answers, for a spike of fees. */
  feeRateSatsPerVbyte: number | null = null;
  /** The tip that the tip's own queries go on to report while the chain grows. */
  stalledTip: BlockNode | null = null;

  /**
   * Spoils calls from now on.
   * @param methods only calls of these; all if left out. A batch counts as a call of each of its methods.
   * @param times how many calls; without end if left out.
   */
  plan(fault: CallFault, options: { readonly methods?: readonly string[]; readonly times?: number } = {}): void {
    const { methods, times = Number.POSITIVE_INFINITY } = options;
    this.planned.push({ fault, methods: methods === undefined ? null : new Set(methods), remaining: times });
  }

  /** Everything back to normal. Calls that hang stay so until their connection ends. */
  clear(): void {
    this.planned.length = 0;
    this.chainName = null;
    this.feeRateSatsPerVbyte = null;
    this.stalledTip = null;
  }

  /** The fault that a call meets, which uses it up. */
  take(methods: readonly string[]): CallFault | null {
    const index = this.planned.findIndex(
      (plan) => plan.methods === null || methods.some((name) => plan.methods?.has(name)),
    );
    const plan = this.planned[index];
    if (plan === undefined) return null;
    plan.remaining--;
    if (plan.remaining <= 0) this.planned.splice(index, 1);
    return plan.fault;
  }
}
