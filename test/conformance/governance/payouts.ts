import { Transaction } from 'bitcoinjs-lib';
import { payoutPsbt, payoutVsize } from '../../../node-core/domain/federation/payout-signing.ts';
import type { PayoutInput } from '../../../node-core/domain/consensus/types.ts';
import type { SignatureRequest } from '../../../node-core/ports/governance.ts';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import {
  blockHeight,
  blockRoot,
  burnId,
  epoch,
  evmBlockHash,
  outpoint,
  splitOutpoint,
  txid,
} from '../../../node-core/primitives/ids.ts';
import { addSats, sats } from '../../../node-core/primitives/units.ts';
import { scriptOfAddress } from '../../../node-core/devnet/governance/federation.ts';
import type { BurnLog } from './wallet-rpc.ts';
import { BRIDGE, RECIPIENT, type World, federation, federationAddressText } from './world.ts';

/** Deposits of the user's, mined: federation outputs to spend. */
export async function federationInputs(
  world: World,
  count: number,
  amountSats = sats(5_000_000n),
): Promise<PayoutInput[]> {
  const inputs: PayoutInput[] = [];
  for (let made = 0; made < count; made++) {
    const paid = await world.user.deposit(federationAddressText, amountSats, RECIPIENT);
    inputs.push({ outpoint: outpoint(txid(paid.txid), 0), amountSats, epoch: epoch(0) });
  }
  world.mine(2);
  return inputs;
}

let nextLogIndex = 0;
/** Writes a final burn into the wallet JSON-RPC. */
export function burn(world: World, overrides: Partial<BurnLog> = {}): BurnLog {
  const log: BurnLog = {
    destination: world.user.address,
    amountWei: 1_500_000n * 10_000_000_000n,
    blockNumber: 50,
    logIndex: nextLogIndex++,
    address: BRIDGE,
    succeeded: true,
    contractCreation: false,
    ...overrides,
  };
  world.evm.burns.push(log);
  return log;
}

/** How a test's payout departs from an honest one. */
export interface Departure {
  readonly feeRate?: number;
  readonly payoutId?: SignatureRequest['payoutId'];
  readonly version?: number;
  readonly sequence?: number;
  /** Added to the fee share that is declared and paid by the first share. */
  readonly underpaidSats?: bigint;
  readonly extraOutput?: { readonly address: string; readonly amountSats: bigint };
  readonly destination?: string;
  readonly changeAddress?: string;
}

const scriptOf = (address: string): Uint8Array => {
  const script = scriptOfAddress(address, 'regtest');
  if (script === null) throw new Error(`${address} is no address`);
  return hexToBytes(script);
};

/** The payout of these burns from these inputs, as a node would put it before the members. */
export function payout(
  world: World,
  burns: readonly BurnLog[],
  inputs: readonly PayoutInput[],
  departure: Departure = {},
): SignatureRequest {
  const { feeRate = 5, version = 2, sequence = 0xffff_fffd, underpaidSats = 0n, extraOutput } = departure;
  const burnSats = burns.map(({ amountWei }) => amountWei / 10_000_000_000n);
  const build = (feeSats: bigint): { transaction: Transaction; feeShares: bigint[] } => {
    const transaction = new Transaction();
    transaction.version = version;
    for (const input of inputs) {
      const { txid: id, vout } = splitOutpoint(input.outpoint);
      transaction.addInput(hexToBytes(id).reverse(), vout, sequence);
    }
    const count = BigInt(burns.length);
    const feeShares = burnSats.map((_, index) => feeSats / count + (BigInt(index) < feeSats % count ? 1n : 0n));
    if (feeShares[0] !== undefined) feeShares[0] += underpaidSats;
    for (const [index, log] of burns.entries()) {
      transaction.addOutput(
        scriptOf(departure.destination ?? log.destination),
        (burnSats[index] ?? 0n) - (feeShares[index] ?? 0n),
      );
    }
    if (extraOutput) transaction.addOutput(scriptOf(extraOutput.address), extraOutput.amountSats);
    const available = addSats(...inputs.map(({ amountSats }) => amountSats));
    const change = available - burnSats.reduce((sum, amount) => sum + amount, 0n) - (extraOutput?.amountSats ?? 0n);
    transaction.addOutput(scriptOf(departure.changeAddress ?? federationAddressText), change);
    return { transaction, feeShares };
  };
  const vsize = payoutVsize(
    build(0n).transaction.toHex(),
    inputs.map(() => federation),
  );
  const { transaction, feeShares } = build(BigInt(vsize * feeRate));
  const unsignedTx = transaction.toHex();
  const id = txid(transaction.getId());
  return {
    payoutId: departure.payoutId ?? id,
    txid: id,
    unsignedTx,
    psbt: payoutPsbt(unsignedTx, inputs, () => federation),
    inputs,
    shares: burns.map((log, index) => ({
      burn: burnId(evmBlockHash(world.evm.hashOf(log.blockNumber)), log.logIndex),
      burnSats: sats(burnSats[index] ?? 0n),
      outputSats: sats((burnSats[index] ?? 0n) - (feeShares[index] ?? 0n)),
      feeShareSats: sats(feeShares[index] ?? 0n),
      destination: departure.destination ?? log.destination,
    })),
    epoch: epoch(0),
    blockRoot: blockRoot(`0x${'cc'.repeat(32)}`),
    height: blockHeight(60),
  };
}
