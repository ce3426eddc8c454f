import { hexToBytes } from '../../../primitives/hex.ts';
import { type Txid, txid } from '../../../primitives/ids.ts';
import { ServiceError } from '../../../primitives/errors.ts';
import { type Sats, addSats, sats } from '../../../primitives/units.ts';
import { COINBASE_MATURITY } from '../regtest.ts';
import { type WalletKey, type WalletOutputKind, deriveKeys } from './keys.ts';
import { type BuiltPayment, type Payment, type WalletUtxo, buildPayment } from './payment.ts';
import { type RpcAccess, callRpc } from './rpc-client.ts';

export interface DevnetWalletOptions extends RpcAccess {
  /** Any text; the same text is the same wallet. */
  readonly seed: string;
}

/** How a deposit writes the Alys address into its OP_RETURN: 20 raw bytes, or hex text with or without `0x`. */
export type DepositForm = 'raw' | 'hex' | '0x-hex';

/** An output that the wallet can spend. */
export interface ListedUtxo {
  readonly txid: Txid;
  readonly vout: number;
  readonly amountSats: Sats;
  readonly kind: WalletOutputKind;
}

/** A wallet for the devnet's users, which knows nothing but its keys: all else it asks the node. */
export class DevnetWallet {
  /** Where it receives, by kind of output. */
  readonly addresses: Readonly<Record<WalletOutputKind, string>>;
  readonly #keys: Readonly<Record<WalletOutputKind, WalletKey>>;
  readonly #access: RpcAccess;
  /** Payments one after another, so that no two choose the same outputs. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(options: DevnetWalletOptions) {
    const { seed, ...access } = options;
    this.#access = access;
    this.#keys = deriveKeys(seed);
    this.addresses = { p2wpkh: this.#keys.p2wpkh.address, p2tr: this.#keys.p2tr.address };
  }

  get address(): string {
    return this.addresses.p2wpkh;
  }

  /** What the wallet can spend now: mature outputs of the chain and outputs in the mempool that nothing spends yet. */
  async utxos(): Promise<readonly ListedUtxo[]> {
    return (await this.spendable()).map(({ key, ...utxo }) => ({ ...utxo, kind: key.kind }));
  }

  /** Reads again when a block came in between: an output that it spends would look unspent. */
  private async spendable(): Promise<readonly WalletUtxo[]> {
    for (let tip = await this.call('getbestblockhash'), reads = 1; ; reads++) {
      const found = await this.unspent();
      const tipAfter = await this.call('getbestblockhash');
      if (tip === tipAfter || reads === MAX_READS) return found;
      tip = tipAfter;
    }
  }

  private async unspent(): Promise<readonly WalletUtxo[]> {
    const found = [...(await this.minedUtxos()), ...(await this.waitingUtxos())];
    if (found.length === 0) return [];
    const queries = found.map((utxo) => ({ txid: utxo.txid, vout: utxo.vout }));
    const spenders: { spendingtxid?: string }[] = [];
    for (let at = 0; at < queries.length; at += MAX_PREVOUT_QUERIES) {
      const part = queries.slice(at, at + MAX_PREVOUT_QUERIES);
      spenders.push(...((await this.call('gettxspendingprevout', part)) as { spendingtxid?: string }[]));
    }
    return found.filter((_, index) => spenders[index]?.spendingtxid === undefined);
  }

  async balanceSats(): Promise<Sats> {
    return addSats(...(await this.utxos()).map((utxo) => utxo.amountSats));
  }

  /** Mines to the wallet until it has at least this much to spend: 101 blocks on a new chain. */
  async fund(amountSats: Sats): Promise<void> {
    for (let rounds = 0; (await this.balanceSats()) < amountSats; rounds++) {
      if (rounds === MAX_FUNDING_ROUNDS) throw new ServiceError('FUNDING_FAILED', 'mining brings in too little');
      await this.call('generatetoaddress', COINBASE_MATURITY + 1, this.address);
    }
  }

  /** Builds, signs and sends a payment. @throws ServiceError NO_FUNDS, or RPC_REFUSED with the node's reason */
  pay(payment: Payment): Promise<BuiltPayment> {
    const sent = this.queue.then(async () => {
      const built = buildPayment(payment, await this.spendable(), this.#keys);
      await this.call('sendrawtransaction', built.hex);
      return built;
    });
    this.queue = sent.catch(() => undefined);
    return sent;
  }

  /** Pays a federation address with the Alys address that gets the coins. */
  deposit(
    federationAddress: string,
    amountSats: Sats,
    alysAddress: string,
    options: { readonly form?: DepositForm; readonly feeRateSatsPerVbyte?: number } = {},
  ): Promise<BuiltPayment> {
    const { form = 'raw', ...rest } = options;
    return this.pay({
      outputs: [{ address: federationAddress, amountSats }],
      data: depositData(alysAddress, form),
      ...rest,
    });
  }

  private async minedUtxos(): Promise<readonly WalletUtxo[]> {
    const descriptors = this.allKeys().map((key) => `addr(${key.address})`);
    const { unspents } = (await this.call('scantxoutset', 'start', descriptors)) as {
      unspents: readonly (RpcOutput & { coinbase: boolean; confirmations: number })[];
    };
    return unspents
      .filter((output) => !output.coinbase || output.confirmations >= COINBASE_MATURITY)
      .flatMap((output) => this.toUtxo(output.txid, output.vout, output.scriptPubKey, output.amount));
  }

  private async waitingUtxos(): Promise<readonly WalletUtxo[]> {
    const waiting = (await this.call('getrawmempool')) as readonly string[];
    const transactions = await Promise.all(
      waiting.slice(0, MAX_WAITING_LOOKED_AT).map((id) => this.call('getrawtransaction', id, 1)),
    );
    return (transactions as readonly { txid: string; vout: readonly RpcVout[] }[]).flatMap((tx) =>
      tx.vout.flatMap((output) => this.toUtxo(tx.txid, output.n, output.scriptPubKey.hex, output.value)),
    );
  }

  private toUtxo(id: string, vout: number, scriptHex: string, amountBtc: number): readonly WalletUtxo[] {
    const key = this.allKeys().find((candidate) => candidate.scriptHex === scriptHex);
    return key === undefined ? [] : [{ txid: txid(id), vout, amountSats: btcToSats(amountBtc), key }];
  }

  private allKeys(): readonly WalletKey[] {
    return Object.values(this.#keys);
  }

  private call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    return callRpc(this.#access, method, params);
  }
}

const MAX_PREVOUT_QUERIES = 1_000;
const MAX_FUNDING_ROUNDS = 20;
const MAX_READS = 10;
/** Outputs of later transactions of a crowded mempool are left for when they are mined. */
const MAX_WAITING_LOOKED_AT = 200;

interface RpcOutput {
  readonly txid: string;
  readonly vout: number;
  readonly scriptPubKey: string;
  readonly amount: number;
}

interface RpcVout {
  readonly n: number;
  readonly value: number;
  readonly scriptPubKey: { readonly hex: string };
}

/** Exact for every amount there can be: 21e14 sat is below 2^53. */
const btcToSats = (amountBtc: number): Sats => sats(BigInt(Math.round(amountBtc * 1e8)));

function depositData(alysAddress: string, form: DepositForm): Uint8Array {
  const bytes = hexToBytes(alysAddress);
  if (form === 'raw') return bytes;
  const digits = alysAddress.replace(/^0x/, '');
  return new TextEncoder().encode(form === 'hex' ? digits : `0x${digits}`);
}
