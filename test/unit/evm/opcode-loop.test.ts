import { createBlock } from '@ethereumjs/block';
import { createEVM, getOpcodesForHF } from '@ethereumjs/evm';
import { Account, Address } from '@ethereumjs/util';
import { describe, expect, it } from 'vitest';
import { chainCommon } from '../../../node-core/adapters/embedded-evm/chain-common.ts';
import { loopingOpcodes } from '../../../node-core/adapters/embedded-evm/opcode-loop.ts';
import { Pacer } from '../../../node-core/adapters/embedded-evm/pacer.ts';
import { MemoryState } from '../../../node-core/adapters/embedded-evm/state/memory-state.ts';
import { NodeStore } from '../../../node-core/adapters/embedded-evm/state/node-store.ts';
import { WorldState } from '../../../node-core/adapters/embedded-evm/state/world-state.ts';
import { bigIntOf, wordOf } from '../../../node-core/adapters/embedded-evm/words.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const COMMON = chainCommon(1);
/** Opcodes that read, write and copy memory, that jump, push and compute, and that look at what the others left. */
const CHOSEN = [
  0x30, 0x32, 0x33, 0x41, 0x44, 0x01, 0x02, 0x03, 0x0a, 0x10, 0x15, 0x16, 0x1a, 0x20, 0x35, 0x36, 0x37, 0x38, 0x39,
  0x3d, 0x3e, 0x50, 0x51, 0x51, 0x52, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5b, 0x5b, 0x5c,
  0x5d, 0x5e, 0x5f, 0x80, 0x81, 0x82, 0x90, 0xa0, 0xf1, 0xf3, 0xfa, 0xfd, 0xfe, 0x0c,
];

const block = createBlock(
  {
    header: {
      coinbase: new Address(new Uint8Array(20).fill(10)),
      mixHash: new Uint8Array(32).fill(11),
    },
  },
  { common: COMMON },
);

/** Code that mostly has enough on its stack, and jumps that mostly land. */
function randomCode(random: () => number): Uint8Array {
  const below = (end: number): number => Math.floor(random() * end);
  const code: number[] = [];
  while (code.length < 120) {
    const kind = below(10);
    if (kind < 4) code.push(0x60, below(160));
    else if (kind === 4) code.push(0x61, below(3), below(256));
    // A write or a read of one of few slots.
    else if (kind === 5) code.push(0x60, below(4), 0x60, below(5), below(3) === 0 ? 0x54 : 0x55);
    else if (kind === 6) code.push(0x7f, ...Array.from({ length: 32 }, () => below(256)));
    else code.push(CHOSEN[below(CHOSEN.length)] as number);
  }
  // The last push may miss bytes.
  return Uint8Array.from(code.slice(0, 119 + below(2)));
}

async function outcome(customOpcodes: ReturnType<typeof loopingOpcodes>, code: Uint8Array): Promise<unknown> {
  const stateManager = new WorldState(new NodeStore(new MemoryState(), []));
  const evm = await createEVM({ common: COMMON, stateManager, customOpcodes: [...customOpcodes] });
  const to = new Address(new Uint8Array(20).fill(7));
  await stateManager.putAccount(to, new Account(1n, 1000n));
  for (const slot of [1, 2, 3]) stateManager.putSlot(to, wordOf(BigInt(slot)), wordOf(BigInt(slot)));
  const data = Uint8Array.from({ length: 70 }, (_, index) => index);
  const { returnValue, executionGasUsed, exceptionError, runState, logs, gasRefund } = await evm.runCode({
    to,
    caller: new Address(new Uint8Array(20).fill(8)),
    origin: new Address(new Uint8Array(20).fill(9)),
    block,
    code,
    data,
    gasLimit: BigInt(2000 + (code[0] as number) * 1000),
  });
  const ended = {
    code: Buffer.from(code).toString('hex'),
    returned: Buffer.from(returnValue).toString('hex'),
    executionGasUsed,
    failed: exceptionError !== undefined,
    storage: [0, 1, 2, 3, 4].map((slot) => bigIntOf(stateManager.slot(to, wordOf(BigInt(slot))))),
  };
  // Of what failed nobody sees more.
  if (ended.failed && exceptionError?.error !== 'revert') return ended;
  return {
    ...ended,
    words: runState?.memoryWordCount,
    memory: Buffer.from(runState?.memory._store.subarray(0, 1024) ?? []).toString('hex'),
    stack: runState?.stack.getStack(),
    logs,
    gasRefund,
  };
}

describe('the loop over opcodes', () => {
  it('runs all of Cancun', () => {
    const pacer = new Pacer(() => 0);
    const mine = loopingOpcodes(COMMON, pacer).map(({ opcode }) => opcode);
    expect(mine).toEqual([...getOpcodesForHF(COMMON).opcodes.keys()]);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'leaves stack, memory, gas and result as the library’s own loop, seed %i',
    async (seed) => {
      const random = seededRandom(seed);
      const pacer = new Pacer(() => performance.now());
      pacer.start(Infinity);
      let failed = 0;
      for (let round = 0; round < 150; round++) {
        const code = randomCode(random);
        const [expected, found] = [await outcome([], code), await outcome(loopingOpcodes(COMMON, pacer), code)];
        expect(found).toEqual(expected);
        if ((found as { readonly failed: boolean }).failed) failed++;
      }
      expect(failed).toBeGreaterThan(0);
      expect(failed).toBeLessThan(150);
    },
  );
});
