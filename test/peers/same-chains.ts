import { expect } from 'vitest';
import { evmAddress } from '../../node-core/primitives/ids.ts';
import type { Receipt } from './checked-round.ts';
import { hex, type MixedFederation } from './mixed-federation.ts';

interface Block {
  readonly hash: string;
  readonly miner: string;
  readonly timestamp: string;
  readonly transactions: readonly { readonly hash: string }[];
  readonly withdrawals: readonly unknown[];
}

/** What is in one node's blocks. */
interface Contents {
  blocks: number;
  transactions: number;
  mints: number;
  succeeded: number;
  failed: number;
  readonly kinds: Set<string>;
}

/** A chain that three nodes agreed on, by who proposed it; heights whose blocks are each node's. */
export interface AgreedChain {
  readonly height: number;
  readonly contents: readonly Contents[];
  readonly proposers: readonly number[];
}

/**
 * Asks each node's wallet endpoint for every final block and its receipts, which must be equal in every field.
 */
export async function expectSameChains(federation: MixedFederation): Promise<AgreedChain> {
  const nodes = [0, 1, 2];
  const height = Math.min(...nodes.map((index) => federation.final(index)));
  const members = federation.devnet.identity.network.authorities[0]?.members ?? [];
  const recipients = members.map(({ feeRecipient }) => evmAddress(feeRecipient));
  const kindOf = new Map(federation.rounds.flat().map(({ hash, kind }) => [hash, kind]));
  const contents = nodes.map((): Contents => ({
    blocks: 0,
    transactions: 0,
    mints: 0,
    succeeded: 0,
    failed: 0,
    kinds: new Set(),
  }));
  const proposers: number[] = [];
  for (let at = 1; at <= height; at++) {
    const blocks = await Promise.all(
      nodes.map((index) => federation.rpc<Block>(index, 'eth_getBlockByNumber', hex(at), true)),
    );
    const [first] = blocks as [Block];
    for (const block of blocks) expect(withoutOldFields(block), `block ${at}`).toEqual(withoutOldFields(first));
    const receipts = await Promise.all(
      nodes.map((index) => federation.rpc<Receipt[]>(index, 'eth_getBlockReceipts', first.hash)),
    );
    for (const each of receipts) expect(each, `receipts of block ${at}`).toEqual(receipts[0]);

    const proposer = recipients.indexOf(evmAddress(first.miner));
    proposers.push(proposer);
    const theirs = contents[proposer] as Contents;
    theirs.blocks++;
    theirs.transactions += first.transactions.length;
    theirs.mints += first.withdrawals.length;
    for (const { status, transactionHash } of receipts[0] ?? []) {
      theirs[status === '0x1' ? 'succeeded' : 'failed']++;
      const kind = kindOf.get(transactionHash);
      if (kind !== undefined) theirs.kinds.add(kind);
    }
  }
  return { height, contents, proposers };
}

/** Every transaction of the rounds ended as it should and left behind what it should, at each node. */
export async function expectRoundsDone(federation: MixedFederation): Promise<void> {
  for (const index of [0, 1, 2]) {
    const ask = federation.asker(index);
    for (const { hash, kind, succeeds, check } of federation.rounds.flat()) {
      const receipt = await ask<Receipt>('eth_getTransactionReceipt', hash);
      expect(receipt.status, `${kind} at node ${index + 1}`).toBe(succeeds ? '0x1' : '0x0');
      await check(ask, receipt);
    }
  }
}

/** `totalDifficulty` is of before the merge: some clients still say 0. */
function withoutOldFields({ ...block }: Block & { totalDifficulty?: string }): object {
  delete block.totalDifficulty;
  return block;
}
