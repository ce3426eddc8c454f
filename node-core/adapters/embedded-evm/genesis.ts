import type { Common } from '@ethereumjs/common';
import { Account, Address } from '@ethereumjs/util';
import type { Network } from '../../config/network.ts';
import { type Hex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import { type EvmAddress, blockHeight, blockRoot, evmAddress, evmBlockHash } from '../../primitives/ids.ts';
import { sats, satsToWei, wei } from '../../primitives/units.ts';
import type { BridgeArtefact } from './bridge-artefact.ts';
import type { ExecutedBlock } from './executed-block.ts';
import { type UnhashedPayload, executedBlock, headerHash, payloadHeader } from './payload.ts';
import { NodeStore, type StateNode, noChanges } from './state/node-store.ts';
import { EMPTY_ROOT } from './state/trie.ts';
import { WorldState } from './state/world-state.ts';

/**
 * Base fee of the genesis block: 0.01 gwei, so that the first transfers of 21,000 gas burn 21 sat. (Ethereum's own 1 gwei
 * would be 2,100 sat here, where 1 sat is 10 gwei.) On an idle chain it falls to 7 wei.
 */
export const GENESIS_BASE_FEE = wei(10_000_000n);

/** Where EIP-4788 puts the roots of parent blocks, and its contract. Source: EIP-4788, "Deployment". */
export const BEACON_ROOTS_ADDRESS = evmAddress('0x000f3df6d732807ef1319fb7b8bb8522d0beac02');
const BEACON_ROOTS_CODE: Hex =
  '0x3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500';

export interface GenesisAccount {
  readonly nonce: bigint;
  readonly balanceWei: bigint;
  readonly code: Hex;
  /** Slot to value, 32 bytes each. */
  readonly storage: Readonly<Record<Hex, Hex>>;
}

const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`;

/**
 * The accounts of block 0: the bridge with its limits as storage, and EIP-4788's contract. Nobody has a balance:
 * every wei of the chain was minted for a deposit or is a fee of one that was.
 */
export function genesisAllocation(network: Network, bridge: BridgeArtefact): ReadonlyMap<EvmAddress, GenesisAccount> {
  const limits: Record<string, bigint> = {
    minPegOutWei: satsToWei(sats(BigInt(network.bridge.minPegOutSats))),
    maxPegOutWei: satsToWei(sats(BigInt(network.bridge.maxPegOutSats))),
  };
  const storage: Record<Hex, Hex> = {};
  for (const { label, slot } of bridge.storageLayout) {
    const value = limits[label];
    if (value === undefined) throw new Error(`the bridge contract has a slot that genesis doesn't know: ${label}`);
    if (value > 0n) storage[word(BigInt(slot))] = word(value);
  }
  return new Map([
    [evmAddress(network.bridge.address), { nonce: 1n, balanceWei: 0n, code: bridge.runtimeBytecode, storage }],
    [BEACON_ROOTS_ADDRESS, { nonce: 1n, balanceWei: 0n, code: BEACON_ROOTS_CODE, storage: {} }],
  ]);
}

/** Writes the accounts into an empty state; every node of the result is in `nodes`. */
export async function genesisState(
  allocation: ReadonlyMap<EvmAddress, GenesisAccount>,
): Promise<{ readonly root: Uint8Array; readonly nodes: readonly StateNode[] }> {
  const state = new WorldState(new NodeStore({ get: () => undefined, receipts: () => undefined }, []));
  for (const [text, { nonce, balanceWei, code, storage }] of allocation) {
    const address = new Address(hexToBytes(text));
    await state.putAccount(address, new Account(nonce, balanceWei));
    await state.putCode(address, hexToBytes(code));
    for (const [slot, value] of Object.entries(storage)) {
      await state.putStorage(address, hexToBytes(slot), hexToBytes(value));
    }
  }
  const changes = noChanges();
  const root = state.seal(changes);
  return { root, nodes: [...changes.created, ...changes.code] };
}

/** A genesis file from which geth makes the same block 0. Source: geth's `core/genesis.go`. */
export function gethGenesis(network: Network, bridge: BridgeArtefact): Readonly<Record<string, unknown>> {
  const alloc: Record<string, unknown> = {};
  for (const [address, { nonce, balanceWei, code, storage }] of genesisAllocation(network, bridge)) {
    alloc[address] = { balance: `0x${balanceWei.toString(16)}`, nonce: `0x${nonce.toString(16)}`, code, storage };
  }
  return {
    config: {
      chainId: network.chainId,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      muirGlacierBlock: 0,
      berlinBlock: 0,
      londonBlock: 0,
      arrowGlacierBlock: 0,
      grayGlacierBlock: 0,
      mergeNetsplitBlock: 0,
      shanghaiTime: 0,
      cancunTime: 0,
      terminalTotalDifficulty: 0,
      blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
    },
    nonce: '0x0',
    timestamp: `0x${genesisTimestampS(network).toString(16)}`,
    extraData: '0x',
    gasLimit: `0x${network.gasLimit.toString(16)}`,
    difficulty: '0x0',
    mixHash: word(0n),
    coinbase: `0x${'0'.repeat(40)}`,
    baseFeePerGas: `0x${GENESIS_BASE_FEE.toString(16)}`,
    blobGasUsed: '0x0',
    excessBlobGas: '0x0',
    alloc,
  };
}

/** Unix seconds of block 0. */
export const genesisTimestampS = (network: Network): number => Math.floor(network.genesisTimeMs / 1000);

/** Block 0. */
export function genesisBlock(network: Network, common: Common, stateRoot: Uint8Array): ExecutedBlock {
  const zeros: Hex = word(0n);
  const unhashed: UnhashedPayload = {
    parentHash: evmBlockHash(zeros),
    feeRecipient: evmAddress(`0x${'0'.repeat(40)}`),
    stateRoot: bytesToHex(stateRoot),
    receiptsRoot: bytesToHex(EMPTY_ROOT),
    logsBloom: `0x${'0'.repeat(512)}`,
    prevRandao: zeros,
    blockNumber: blockHeight(0),
    gasLimit: BigInt(network.gasLimit),
    gasUsed: 0n,
    timestampS: genesisTimestampS(network),
    extraData: '0x',
    baseFeePerGas: GENESIS_BASE_FEE,
    transactions: [],
    withdrawals: [],
    blobGasUsed: 0n,
    excessBlobGas: 0n,
  };
  const parentBeaconBlockRoot = blockRoot(zeros);
  const header = payloadHeader(common, unhashed, parentBeaconBlockRoot);
  return executedBlock(header, { ...unhashed, blockHash: headerHash(header) }, parentBeaconBlockRoot, []);
}
