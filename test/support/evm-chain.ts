import { readFileSync } from 'node:fs';
import { Wallet, type TransactionRequest } from 'ethers';
import { parseBridgeArtefact } from '../../node-core/adapters/embedded-evm/bridge-artefact.ts';
import { chainCommon } from '../../node-core/adapters/embedded-evm/chain-common.ts';
import { EmbeddedEvm, type EmbeddedEvmOptions } from '../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { headerHash, payloadHeader } from '../../node-core/adapters/embedded-evm/payload.ts';
import { MemoryState } from '../../node-core/adapters/embedded-evm/state/memory-state.ts';
import { type Network, networkSchema } from '../../node-core/config/network.ts';
import type { ExecutionPayload, Withdrawal } from '../../node-core/domain/consensus/types.ts';
import type { ExecutionPort, ExecutionStatus, PayloadRequest } from '../../node-core/ports/execution.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { type BlockRoot, type EvmAddress, blockRoot, evmAddress } from '../../node-core/primitives/ids.ts';
import { type Gwei, satsToGwei, sats } from '../../node-core/primitives/units.ts';

export const BRIDGE = parseBridgeArtefact(
  JSON.parse(readFileSync(new URL('../../assets/contracts/Bridge.json', import.meta.url), 'utf8')),
);
export const BRIDGE_ADDRESS = '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb';
export const FEE_RECIPIENT = evmAddress('0xfeefeefeefeefeefeefeefeefeefeefeefeefee0');

const zeros = (digits: number): string => '0'.repeat(digits);

/** A network with one authority, for tests of execution alone. */
export const TEST_NETWORK: Network = networkSchema.parse({
  name: 'execution-test',
  chainId: 121212,
  genesisTimeMs: 1_700_000_000_000,
  slotDurationMs: 2000,
  gasLimit: 30_000_000,
  authorities: [
    {
      activationHeight: 0,
      members: [
        {
          name: 'first',
          blsPublicKey: `0x${zeros(96)}`,
          proofOfPossession: `0x${zeros(192)}`,
          feeRecipient: FEE_RECIPIENT,
          peerId: 'first',
        },
      ],
    },
  ],
  governance: [
    {
      activationHeight: 0,
      epoch: 0,
      members: [{ name: 'first', bitcoinKey: zeros(64), identityKey: zeros(64) }],
    },
  ],
  bitcoin: {
    network: 'regtest',
    depositConfirmations: 2,
    proposerExtraConfirmations: 2,
    minDepositSats: '10000',
    startHeight: 0,
    minFeeRateSatsPerVbyte: 2,
    maxFeeRateSatsPerVbyte: 500,
  },
  bridge: { address: BRIDGE_ADDRESS, minPegOutSats: '1000000', maxPegOutSats: '1000000000', dustSats: '546' },
});

export const testEvm = (options: Partial<EmbeddedEvmOptions> = {}): Promise<EmbeddedEvm> =>
  EmbeddedEvm.create({ network: TEST_NETWORK, bridge: BRIDGE, state: new MemoryState(), ...options });

/** A wallet with the private key `index + 1`. */
export const wallet = (index: number): Wallet => new Wallet(`0x${(index + 1).toString(16).padStart(64, '0')}`);
export const addressOf = (index: number): EvmAddress => evmAddress(wallet(index).address);

/** Alys roots stand for themselves in tests of execution: `0x…height`. */
export const rootAt = (height: number): BlockRoot => blockRoot(`0x${height.toString(16).padStart(64, '0')}`);

const common = chainCommon(TEST_NETWORK.chainId);

/** With the hash that its content has, so that the content itself is looked at. */
export const withOwnHash = (payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): ExecutionPayload => ({
  ...payload,
  blockHash: headerHash(payloadHeader(common, payload, parentBeaconBlockRoot)),
});

/** Makes blocks on one execution client as its only authority: build, execute, store, move the head. */
export class EvmChain {
  readonly evm: ExecutionPort;
  readonly state: MemoryState | null;
  /** Every block that came into the chain, in order. */
  readonly blocks: { readonly payload: ExecutionPayload; readonly parentBeaconBlockRoot: BlockRoot }[] = [];
  #head: ExecutionPayload;
  #mints = 0n;

  private constructor(evm: ExecutionPort, state: MemoryState | null, head: ExecutionPayload) {
    this.evm = evm;
    this.state = state;
    this.#head = head;
  }

  static async on(evm: ExecutionPort, state: MemoryState | null = null): Promise<EvmChain> {
    return new EvmChain(evm, state, await evm.genesis());
  }

  /** Goes on from a head that the client is at. */
  static from(evm: ExecutionPort, state: MemoryState | null, head: ExecutionPayload): EvmChain {
    return new EvmChain(evm, state, head);
  }

  get head(): ExecutionPayload {
    return this.#head;
  }

  mint(address: EvmAddress, amountSats: bigint): Withdrawal {
    return { index: this.#mints++, validatorIndex: 0n, address, amountGwei: satsToGwei(sats(amountSats)) };
  }

  request(overrides: Partial<PayloadRequest> = {}): PayloadRequest {
    const height = this.#head.blockNumber + 1;
    return {
      parentHash: this.#head.blockHash,
      timestampS: this.#head.timestampS + 2,
      prevRandao: rootAt(1_000_000 + height),
      parentBeaconBlockRoot: rootAt(height - 1),
      feeRecipient: FEE_RECIPIENT,
      withdrawals: [],
      timeBudgetMs: 10_000,
      ...overrides,
    };
  }

  /** Builds, executes and makes it the head, with its parent final. */
  async block(overrides: Partial<PayloadRequest> = {}): Promise<ExecutionPayload> {
    const request = this.request(overrides);
    const payload = await this.evm.build(request);
    await this.import(payload, request.parentBeaconBlockRoot);
    return payload;
  }

  async import(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): Promise<ExecutionStatus> {
    const status = await this.evm.execute(payload, parentBeaconBlockRoot);
    if (status.status !== 'VALID') throw new Error(`not valid: ${JSON.stringify(status)}`);
    if (status.staged !== null) this.state?.persist(status.staged);
    this.blocks.push({ payload, parentBeaconBlockRoot });
    const previous = this.#head.blockHash;
    this.#head = payload;
    await this.evm.setForkchoice({ head: payload.blockHash, safe: previous, finalized: previous });
    return status;
  }

  async send(index: number, request: TransactionRequest): Promise<Hex> {
    const raw = await signed(index, request);
    return (await this.evm.submitTransaction(raw)).evmTxHash;
  }
}

/** Signs with good fees; the nonce is for the caller to give. */
export async function signed(index: number, request: TransactionRequest): Promise<Hex> {
  return (await wallet(index).signTransaction({
    type: 2,
    chainId: TEST_NETWORK.chainId,
    gasLimit: 100_000n,
    maxFeePerGas: 1_000_000_000n,
    maxPriorityFeePerGas: 2_000_000n,
    ...request,
  })) as Hex;
}

export const gwei = (value: bigint): Gwei => value as Gwei;
