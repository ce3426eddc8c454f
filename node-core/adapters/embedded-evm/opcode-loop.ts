import type { Common } from '@ethereumjs/common';
import { EVMError, getOpcodesForHF } from '@ethereumjs/evm';
import { ENVIRONMENT_OPCODES } from './environment-opcodes.ts';
import { MEMORY_OPCODES } from './memory-opcodes.ts';
import type { Pacer } from './pacer.ts';
import type { CustomOpcode, RunState } from './run-state.ts';
import { STORAGE_OPCODES } from './storage-opcodes.ts';

const JUMP = 0x56;
const JUMPI = 0x57;
const JUMPDEST = 0x5b;
const PUSH1 = 0x60;
const PUSH32 = 0x7f;
/** Steps between two looks at the clock; a step that reads state or hashes counts for more. */
const STEPS_PER_LOOK = 256;
const HEAVY_STEPS = 8;

/** Those that pay for themselves. */
const OWN_OPCODES = new Map([...ENVIRONMENT_OPCODES, ...MEMORY_OPCODES, ...STORAGE_OPCODES]);

/** What was found out about some code: the places that may be jumped to, and the numbers that it pushes. */
interface CodeAnalysis {
  readonly jumps: Uint8Array;
  readonly pushes: (bigint | undefined)[];
}

/**
 * Opcodes of which each, when it is the first of a call's code, runs the whole rest of it: the library's own loop awaits
 * each step twice, which takes several times as long as the steps themselves, and knows no time.
 *
 * The library sets a call up, pays for its first opcode and runs it; the others run here, on the library's own handlers
 * and prices, so that what they do is the same.
 */
export function loopingOpcodes(common: Common, pacer: Pacer): readonly CustomOpcode[] {
  const { opcodeMap, opcodes } = getOpcodesForHF(common);
  const own = Array.from({ length: 256 }, (_, opcode) => OWN_OPCODES.get(opcode));
  const analyses = new WeakMap<Uint8Array, CodeAnalysis>();
  /** Of all calls together: many short ones take long too. */
  let left = STEPS_PER_LOOK;

  /** Jumps are looked for when the first is met: most code that is called once has none. */
  function analyse(state: RunState): CodeAnalysis {
    let analysis = analyses.get(state.code);
    if (analysis === undefined) {
      analysis = { jumps: jumpDestinations(state.code), pushes: [] };
      analyses.set(state.code, analysis);
    }
    state.validJumps = analysis.jumps;
    return analysis;
  }

  async function run(state: RunState): Promise<void> {
    const { code, interpreter, stack } = state;
    let analysis = analyses.get(code);
    if (analysis !== undefined) state.validJumps = analysis.jumps;
    while (state.programCounter < code.length) {
      const at = state.programCounter;
      const opcode = code[at] as number;
      const { opcodeInfo, opHandler, gasHandler } = opcodeMap[opcode] as (typeof opcodeMap)[number];
      const paidByItself = own[opcode];
      state.opCode = opcode;
      if (analysis === undefined && (opcode === JUMP || opcode === JUMPI)) analysis = analyse(state);
      let gas = opcodeInfo.feeBigInt;
      left--;
      if (opcodeInfo.dynamicGas || opcodeInfo.isAsync) left -= HEAVY_STEPS;
      if (left <= 0) {
        left = STEPS_PER_LOOK;
        const turn = pacer.pace();
        if (turn !== undefined) await turn;
      }
      if (paidByItself !== undefined) {
        state.programCounter = at + 1;
        paidByItself(state);
        continue;
      }
      if (opcodeInfo.dynamicGas) gas = await gasHandler(state, gas, common);
      if (opcodeInfo.isInvalid) throw new EVMError(EVMError.errorMessages.INVALID_OPCODE);
      interpreter.useGas(gas);
      state.programCounter = at + 1;
      if (opcode >= PUSH1 && opcode <= PUSH32) {
        const length = opcode - PUSH1 + 1;
        let value = analysis?.pushes[at];
        if (value === undefined) {
          value = pushedNumber(code, at + 1, length);
          if (analysis !== undefined) analysis.pushes[at] = value;
        }
        stack.push(value);
        state.programCounter += length;
        continue;
      }
      const done = opHandler(state, common);
      if (opcodeInfo.isAsync) await done;
    }
  }

  return [...opcodes.values()].map(({ code: opcode, name, fee, dynamicGas }): CustomOpcode => {
    const { opHandler, gasHandler } = opcodeMap[opcode] as (typeof opcodeMap)[number];
    return {
      opcode,
      opcodeName: name,
      baseFee: fee,
      ...(dynamicGas ? { gasFunction: gasHandler } : {}),
      logicFunction: async (state) => {
        await opHandler(state, common);
        return run(state);
      },
    };
  });
}

/** 1 at each JUMPDEST that is not part of a pushed number. */
function jumpDestinations(code: Uint8Array): Uint8Array {
  const jumps = new Uint8Array(code.length);
  for (let at = 0; at < code.length; at++) {
    const opcode = code[at] as number;
    if (opcode === JUMPDEST) jumps[at] = 1;
    else if (opcode >= PUSH1 && opcode <= PUSH32) at += opcode - PUSH1 + 1;
  }
  return jumps;
}

/** `length` bytes as a number; code goes on with zeros for ever. */
function pushedNumber(code: Uint8Array, from: number, length: number): bigint {
  let value = 0n;
  for (let at = from; at < from + length;) {
    // As many bytes as a number holds exactly.
    const end = Math.min(at + 6, from + length);
    const bits = BigInt(8 * (end - at));
    let part = 0;
    for (; at < end; at++) part = part * 256 + (code[at] ?? 0);
    value = value === 0n ? BigInt(part) : (value << bits) | BigInt(part);
  }
  return value;
}
