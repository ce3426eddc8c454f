import type { ExecutionPayload, Withdrawal } from '../../../../node-core/domain/consensus/types.ts';
import { bigEndian, bytesOf, hexOf, sha256, utf8 } from '../bitcoin/hash.ts';

/** Source: protocol.md, Burns and payouts. */
export const BRIDGE = `0x${'bb'.repeat(20)}`;
const TOPIC = '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0';
const DEAD = '0x000000000000000000000000000000000000dead';
const WEI_PER_SAT = 10n ** 10n;
const WEI_PER_GWEI = 10n ** 9n;
const MIN_BURN_SATS = 1_000_000n;
const MAX_BURN_SATS = 1_000_000_000n;
const GAS = 21_000n;
/** Odd, so that burned fees are no whole number of sats. */
const BASE_FEE_WEI = 1_000_000_007n;
const MAX_TRANSACTIONS = 50;

/**
 * What a user does. `burn` calls the bridge, `nestedBurn` calls a contract that calls it; `imitation` makes another
 * contract log the bridge's event, `creation` does it while a contract is created; `failed` reverts.
 */
export interface UserTx {
  readonly kind: 'transfer' | 'burn' | 'nestedBurn' | 'imitation' | 'creation' | 'failed';
  readonly from: string;
  readonly nonce: number;
  readonly wei: string;
  /** A Bitcoin address as text, or an Alys account. */
  readonly to: string;
}

export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly logIndex: number;
  readonly evmTxHash: string;
  readonly transactionIndex: number;
  readonly contractCreation: boolean;
  readonly sender: string;
}

/** A burn by the stand-in's own account of what the bridge did. */
export interface TrueBurn {
  /** `blockHash:logIndex`. */
  readonly id: string;
  readonly wei: bigint;
  readonly destination: string;
  readonly evmTxHash: string;
}

interface Account {
  readonly wei: bigint;
  readonly nonce: number;
}

/** A block as everybody who executes it finds it. */
export interface Executed {
  readonly payload: ExecutionPayload;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly logs: readonly Log[];
  readonly burns: readonly TrueBurn[];
  readonly burnedFeesWei: bigint;
}

export const encodeUserTx = (tx: UserTx): `0x${string}` => `0x02${hexOf(utf8(JSON.stringify(tx)))}`;
export const userTxHash = (raw: string): string => `0x${hexOf(sha256(bytesOf(raw.slice(2))))}`;
const decodeUserTx = (raw: string): UserTx => JSON.parse(Buffer.from(raw.slice(4), 'hex').toString('utf8')) as UserTx;

type Environment = Pick<
  ExecutionPayload,
  'parentHash' | 'timestampS' | 'prevRandao' | 'feeRecipient' | 'withdrawals' | 'extraData'
>;

const NOTHING = { wei: 0n, nonce: 0 };
const digest = (...parts: readonly unknown[]): `0x${string}` =>
  `0x${hexOf(sha256(utf8(JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))))}`;

/**
 * A deterministic stand-in of the EVM: accounts, mints by withdrawals, burns and their logs. It executes each block once
 * for everybody who asks, since equal blocks have equal outcomes.
 */
export class Evm {
  readonly genesis: Executed;
  readonly #executed = new Map<string, Executed>();

  constructor() {
    const environment = {
      parentHash: `0x${'00'.repeat(32)}`,
      timestampS: 0,
      prevRandao: `0x${'00'.repeat(32)}`,
      feeRecipient: `0x${'00'.repeat(20)}`,
      withdrawals: [],
      extraData: '0x',
    } as unknown as Environment;
    this.genesis = this.#run(environment, [], { accounts: new Map(), height: -1 });
    this.#executed.set(this.genesis.payload.blockHash, this.genesis);
  }

  block(hash: string): Executed | undefined {
    return this.#executed.get(hash);
  }

  /** A payload of what fits of `pool` on a known parent. */
  build(environment: Environment, pool: Iterable<string>): Executed {
    const parent = this.#executed.get(environment.parentHash) as Executed;
    const waiting = [...pool].map((raw) => ({ raw, tx: decodeUserTx(raw) }));
    waiting.sort((a, b) => a.tx.nonce - b.tx.nonce || (a.raw < b.raw ? -1 : 1));
    const chosen: string[] = [];
    const nonces = new Map<string, number>();
    for (const { raw, tx } of waiting) {
      const nonce = nonces.get(tx.from) ?? (parent.accounts.get(tx.from) ?? NOTHING).nonce;
      if (tx.nonce !== nonce || chosen.length >= MAX_TRANSACTIONS) continue;
      nonces.set(tx.from, nonce + 1);
      chosen.push(raw);
    }
    const outcome = this.#run(environment, chosen, { accounts: parent.accounts, height: parent.payload.blockNumber });
    this.#executed.set(outcome.payload.blockHash, outcome);
    return outcome;
  }

  /** What a payload does on its parent, which is known; null when it isn't what its content makes. */
  execute(payload: ExecutionPayload): Executed | null {
    const known = this.#executed.get(payload.blockHash);
    if (known !== undefined) return digest(known.payload) === digest(payload) ? known : null;
    const parent = this.#executed.get(payload.parentHash);
    if (parent === undefined) return null;
    const outcome = this.#run(payload, payload.transactions, {
      accounts: parent.accounts,
      height: parent.payload.blockNumber,
    });
    if (digest(outcome.payload) !== digest(payload)) return null;
    this.#executed.set(payload.blockHash, outcome);
    return outcome;
  }

  #run(
    environment: Environment,
    transactions: readonly string[],
    parent: { readonly accounts: ReadonlyMap<string, Account>; readonly height: number },
  ): Executed {
    const accounts = new Map(parent.accounts);
    const logs: Omit<Log, 'logIndex'>[] = [];
    const feeWei = GAS * BASE_FEE_WEI;
    let gasUsed = 0n;
    const included: string[] = [];
    for (const raw of transactions) {
      const tx = decodeUserTx(raw);
      const account = accounts.get(tx.from) ?? NOTHING;
      const value = BigInt(tx.wei);
      if (tx.nonce !== account.nonce || account.wei < feeWei) continue;
      const works = tx.kind !== 'failed' && account.wei >= feeWei + value && bridgeTakes(tx);
      accounts.set(tx.from, { wei: account.wei - feeWei - (works ? value : 0n), nonce: account.nonce + 1 });
      if (works) {
        const to = tx.kind === 'transfer' ? tx.to : DEAD;
        const payee = accounts.get(to) ?? NOTHING;
        accounts.set(to, { ...payee, wei: payee.wei + value });
        const log = logOf(tx, raw, included.length);
        if (log !== null) logs.push(log);
      }
      gasUsed += GAS;
      included.push(raw);
    }
    for (const { address, amountGwei } of environment.withdrawals as readonly Withdrawal[]) {
      const payee = accounts.get(address) ?? NOTHING;
      accounts.set(address, { ...payee, wei: payee.wei + amountGwei * WEI_PER_GWEI });
    }
    const content = {
      parentHash: environment.parentHash,
      feeRecipient: environment.feeRecipient,
      stateRoot: digest(
        [...accounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([at, { wei, nonce }]) => [at, wei, nonce]),
      ),
      receiptsRoot: digest(logs),
      logsBloom: `0x${'00'.repeat(256)}`,
      prevRandao: environment.prevRandao,
      blockNumber: parent.height + 1,
      gasLimit: 10_000_000n,
      gasUsed,
      timestampS: environment.timestampS,
      extraData: environment.extraData,
      baseFeePerGas: BASE_FEE_WEI,
      transactions: included,
      withdrawals: environment.withdrawals,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
    };
    const blockHash = digest(content);
    // In the order of the Engine API's definition, as the node's decoder makes it.
    const { transactions: txs, withdrawals, blobGasUsed, excessBlobGas, ...head } = content;
    const payload = { ...head, blockHash, transactions: txs, withdrawals, blobGasUsed, excessBlobGas };
    const numbered = logs.map((log, logIndex) => ({ ...log, logIndex }));
    return {
      payload: payload as unknown as ExecutionPayload,
      accounts,
      logs: numbered,
      burns: numbered.flatMap((log): TrueBurn[] => {
        if (log.address !== BRIDGE || log.contractCreation) return [];
        const { wei, to } = decodeUserTx(included[log.transactionIndex] as string);
        return [{ id: `${blockHash}:${log.logIndex}`, wei: BigInt(wei), destination: to, evmTxHash: log.evmTxHash }];
      }),
      burnedFeesWei: gasUsed * BASE_FEE_WEI,
    };
  }
}

/** The contract reverts on what can't be paid: its limits, and anything but whole sats. */
function bridgeTakes({ kind, wei, to }: UserTx): boolean {
  if (kind === 'transfer') return true;
  const value = BigInt(wei);
  const sats = value / WEI_PER_SAT;
  return value % WEI_PER_SAT === 0n && sats >= MIN_BURN_SATS && sats <= MAX_BURN_SATS && to.length > 0;
}

function logOf(tx: UserTx, raw: string, transactionIndex: number): Omit<Log, 'logIndex'> | null {
  if (tx.kind === 'transfer') return null;
  const destination = utf8(tx.to);
  const padded = Buffer.concat([destination, new Uint8Array((32 - (destination.length % 32)) % 32)]);
  const data = [bigEndian(64, 32), bigEndian(BigInt(tx.wei), 32), bigEndian(destination.length, 32), padded];
  const sender = tx.kind === 'burn' ? tx.from : `0x${'c0'.repeat(20)}`;
  return {
    address: tx.kind === 'imitation' ? `0x${'1b'.repeat(20)}` : BRIDGE,
    topics: [TOPIC, `0x${sender.slice(2).padStart(64, '0')}`],
    data: `0x${data.map(hexOf).join('')}`,
    evmTxHash: userTxHash(raw),
    transactionIndex,
    contractCreation: tx.kind === 'creation',
    sender: tx.from,
  };
}
