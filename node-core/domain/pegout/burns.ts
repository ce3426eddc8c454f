import { AbiCoder, toUtf8String, Utf8ErrorFuncs } from 'ethers';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';
import {
  type BlockHeight,
  type EvmAddress,
  type EvmBlockHash,
  type EvmTxHash,
  burnId,
  evmAddress,
} from '../../primitives/ids.ts';
import { wei } from '../../primitives/units.ts';
import type { Burn } from '../consensus/types.ts';

/** keccak of `RequestPegOut(address,bytes,uint256)`. Source: protocol.md, Burns and payouts. */
export const REQUEST_PEG_OUT_TOPIC = '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0';

/** A log of a successful receipt. */
export interface BurnLog {
  readonly address: EvmAddress;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  /** Counts in the block. */
  readonly logIndex: number;
  readonly evmTxHash: EvmTxHash;
  readonly contractCreation: boolean;
}

/** Longer data is no burn of the bridge, which refuses longer addresses. Bounds what a log can make this node decode. */
const MAX_DATA_BYTES = 1024;
const coder = AbiCoder.defaultAbiCoder();

/**
 * The burns among a block's logs, in log order. A burn is the bridge's own log, whoever called the bridge (HOLE-2);
 * another contract's log is none, nor is one of a transaction that creates a contract (HOLE-1).
 */
export function decodeBurns(
  logs: readonly BurnLog[],
  source: { readonly bridgeAddress: EvmAddress; readonly blockHash: EvmBlockHash; readonly height: BlockHeight },
): Burn[] {
  const burns: Burn[] = [];
  for (const log of logs) {
    if (log.address.toLowerCase() !== source.bridgeAddress || log.contractCreation) continue;
    const event = decodeEvent(log);
    if (event === null) continue;
    burns.push({
      id: burnId(source.blockHash, log.logIndex),
      blockHash: source.blockHash,
      height: source.height,
      logIndex: log.logIndex,
      evmTxHash: log.evmTxHash,
      ...event,
    });
  }
  return burns.sort((a, b) => a.logIndex - b.logIndex);
}

function decodeEvent({ topics, data }: BurnLog): Pick<Burn, 'sender' | 'destination' | 'amountWei'> | null {
  const [topic, sender] = topics;
  if (topics.length !== 2 || topic !== REQUEST_PEG_OUT_TOPIC || sender === undefined) return null;
  if (data.length > 2 + 2 * MAX_DATA_BYTES || !/^0x0{24}[0-9a-f]{40}$/.test(sender)) return null;
  try {
    const [destination, amount] = coder.decode(['bytes', 'uint256'], data) as unknown as [Hex, bigint];
    return {
      sender: evmAddress(`0x${sender.slice(26)}`),
      destination: toUtf8String(hexToBytes(destination), Utf8ErrorFuncs.replace),
      amountWei: wei(amount),
    };
  } catch {
    // What doesn't decode was not written by the bridge, and burned nothing through it.
    return null;
  }
}
