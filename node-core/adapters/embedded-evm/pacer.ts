import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import type { EVM, EVMOpts } from '@ethereumjs/evm';
import { ServiceError } from '../../primitives/errors.ts';

/** How long code runs before the event loop gets a turn. */
const TURN_MS = 8;
const JUMPDEST = 0x5b;
/** Precompiles whose single call can take long, and what a unit of their input may take. Measured on two slow cores. */
const BLAKE2F = { address: `${'0'.repeat(39)}9`, gas: 1, ms: 0.002 };
const PAIRING = { address: `${'0'.repeat(39)}8`, gas: 34_000, ms: 15, bytes: 192 };

/** Code was broken off because its time was over. What it changed has to be taken back. */
export class OutOfTime extends ServiceError {
  constructor() {
    super('EXECUTION_TIMEOUT', 'the execution was broken off: its time is over');
  }
}

/**
 * Makes code that runs for long give the event loop its turns, and breaks it off at a deadline. The EVM runs on promises
 * alone, between which nothing else gets a turn; a gas limit of 30 million is many seconds of it.
 */
export class Pacer {
  readonly #clock: () => number;
  #deadlineMs = Infinity;
  /** The next time that something is to be done. */
  #nextMs = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What runs from now on is broken off at `deadlineMs`. */
  start(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#nextMs = Math.min(deadlineMs, this.#clock() + TURN_MS);
  }

  /** To be called often; costs a look at the clock. @throws OutOfTime */
  pace(): Promise<void> | undefined {
    if (this.#clock() < this.#nextMs) return undefined;
    this.expect(0);
    return this.#takeTurn();
  }

  async #takeTurn(): Promise<void> {
    await eventLoopTurn();
    this.#nextMs = Math.min(this.#deadlineMs, this.#clock() + TURN_MS);
  }

  /** @throws OutOfTime when what takes `durationMs` can't end before the deadline. */
  expect(durationMs: number): void {
    if (this.#clock() + durationMs >= this.#deadlineMs) throw new OutOfTime();
  }

  /** Where a loop passes: the opcode does nothing but mark a place that may be jumped to, for 1 gas. */
  readonly opcodes: NonNullable<EVMOpts['customOpcodes']> = [
    {
      opcode: JUMPDEST,
      opcodeName: 'JUMPDEST',
      baseFee: 1,
      logicFunction: () => this.pace() as Promise<void>,
    },
  ];

  /** Paces what has no loop: calls, and precompiles, which can't be broken off and so aren't begun too late. */
  attach(evm: Pick<EVM, 'events' | 'precompiles'>): void {
    evm.events.on('beforeMessage', (_message, resolve) => {
      const turn = this.pace();
      if (turn === undefined) resolve?.();
      else void turn.then(() => resolve?.());
    });
    const before = (address: string, durationMs: (input: Uint8Array, gas: number) => number): void => {
      const precompile = evm.precompiles.get(address);
      if (precompile === undefined) return;
      evm.precompiles.set(address, (input) => {
        this.expect(durationMs(input.data, Number(input.gasLimit)));
        return precompile(input);
      });
    };
    // What the gas doesn't pay for isn't computed.
    before(BLAKE2F.address, (input, gas) => BLAKE2F.ms * Math.min(rounds(input), gas / BLAKE2F.gas));
    before(PAIRING.address, (input, gas) => PAIRING.ms * Math.min(input.length / PAIRING.bytes, gas / PAIRING.gas));
  }
}

/** The first four bytes of an input for 0x09. Source: EIP-152. */
function rounds(input: Uint8Array): number {
  return input.length < 4 ? 0 : new DataView(input.buffer, input.byteOffset).getUint32(0);
}
