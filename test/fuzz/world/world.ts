import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interface } from 'ethers';
import { encodeSignedBlock, encodeVote } from '../../../node-core/domain/consensus/encoding.ts';
import type { CertifiedPegIn, Vote } from '../../../node-core/domain/consensus/types.ts';
import { addVote, EMPTY_COLLECTOR } from '../../../node-core/domain/consensus/votes.ts';
import { bytesToBareHex, type Hex } from '../../../node-core/primitives/hex.ts';
import type { ChainView } from '../../../node-core/protocol/views.ts';
import { epoch, type EvmAddress, outpoint, slot as slotOf, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { addressOf, BRIDGE, BRIDGE_ADDRESS } from '../../support/evm-chain.ts';
import { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import { HonestFederation, type RootedBlock } from './federation.ts';
import { type FuzzNode, startFuzzNode } from './fuzz-node.ts';
import { createKeys, type SchemeName } from './keys.ts';
import { approved, AUTHORITIES, NETWORK_HASH, OWN_INDEX } from './network.ts';
import { signTransaction } from './raw-transaction.ts';
import { StoreContent } from './store-content.ts';
import { until } from './until.ts';

/** Accounts with money; each signs for itself. */
export const ACCOUNTS = 8;
const FIRST_SLOT = 101;
const FUNDS_SATS = 500_000_000n;
const GWEI = 1_000_000_000n;
const WEI_PER_SAT = 10_000_000_000n;
/** Stores a word, logs one with a topic, and leaves a contract of one STOP behind. */
const CREATION: Hex = '0x6001600055602a60206000a160016000f3';
const bridge = new Interface(JSON.stringify(BRIDGE.abi));

/** What malformed input must leave as it is. */
interface Snapshot {
  readonly head: string;
  readonly finalized: string;
  readonly highCertificateSlot: number;
  readonly latest: string;
  readonly stateRoot: string;
  readonly balances: string;
  readonly store: string;
}

/** A fuzzed node, the honest rest of its federation, and what must hold of the node at every moment. */
export class FuzzWorld {
  readonly node: FuzzNode;
  readonly federation: HonestFederation;
  readonly random: Random;
  readonly tally: Tally;
  readonly scheme: SchemeName;
  /** The node's current slot. */
  slot = FIRST_SLOT;
  /** Evidence rows that equivocating votes must have left. */
  expectedEvidence = 0;
  /** What the node must have collected: the same rule on the same votes, so that evidence can be foretold. */
  #collector = EMPTY_COLLECTOR;
  #ownVotesNoted = 0;
  readonly #folder: string;
  readonly #content: StoreContent;
  #expected: Snapshot | null = null;

  private constructor(
    node: FuzzNode,
    federation: HonestFederation,
    scheme: SchemeName,
    folder: string,
    seed: number,
    tally: Tally,
  ) {
    this.node = node;
    this.federation = federation;
    this.scheme = scheme;
    this.random = new Random(seed);
    this.tally = tally;
    this.#folder = folder;
    this.#content = new StoreContent(folder);
  }

  /** A node with a chain that holds mints, transfers, contracts and a burn. */
  static async create(scheme: SchemeName, seed: number, tally: Tally): Promise<FuzzWorld> {
    const keys = createKeys(scheme, AUTHORITIES);
    const federation = await HonestFederation.create(keys);
    const folder = mkdtempSync(join(tmpdir(), 'alys-fuzz-'));
    const node = await startFuzzNode(keys, scheme, folder, () => federation.status());
    const world = new FuzzWorld(node, federation, scheme, folder, seed, tally);
    node.enterSlot(world.slot);
    await until('the node is active', () => (node.view() as ChainView | undefined)?.state === 'Active');
    await world.#makeChain();
    return world;
  }

  async #makeChain(): Promise<void> {
    const funds = Array.from({ length: ACCOUNTS }, (_, i) => this.pegIn(addressOf(i), FUNDS_SATS));
    await this.extend(await this.federation.propose(this.nextPeerSlot(), funds));
    await this.extendByOwnBlock();
    await this.#send(0, 0n, { to: addressOf(20), value: 7n * GWEI });
    await this.#send(1, 0n, { data: CREATION, gas: 200_000n });
    await this.#send(2, 0n, {
      to: BRIDGE_ADDRESS,
      value: 1_000_000n * WEI_PER_SAT,
      data: bridge.encodeFunctionData('requestPegOut', [new TextEncoder().encode('bcrt1qsomebody')]) as Hex,
    });
    await this.extend(await this.federation.propose(this.nextPeerSlot(), [this.pegIn(addressOf(21), 20_000n)]));
    for (let i = 0; i < 4; i++) await this.extendByOwnBlock();
    await this.remember();
  }

  /** Into the pool of the honest builders. */
  async #send(
    index: number,
    nonce: bigint,
    { to = '0x', value = 0n, data = '0x', gas = 200_000n }: { to?: string; value?: bigint; data?: Hex; gas?: bigint },
  ): Promise<void> {
    const chainId = BigInt(this.federation.network.chainId);
    const fields = [chainId, nonce, 2_000_000n, 2n * GWEI, gas, to, value, data, []];
    await this.federation.evm.submitTransaction(signTransaction({ type: 2, chainId, fields }, index));
  }

  /** A transfer, a burn or a creation of this height's account, into the pool of the honest builders. */
  async sendSomething(): Promise<void> {
    const index = this.federation.chain.length % ACCOUNTS;
    const nonce = BigInt(await this.federation.rpc<string>('eth_getTransactionCount', [addressOf(index), 'pending']));
    const kind = this.random.integer(3);
    if (kind === 0)
      await this.#send(index, nonce, { to: addressOf(20), value: BigInt(this.random.integer(1_000_000)) });
    else if (kind === 1) await this.#send(index, nonce, { data: CREATION, gas: 200_000n });
    else {
      const data = bridge.encodeFunctionData('requestPegOut', [this.random.bytes(20)]) as Hex;
      await this.#send(index, nonce, { to: BRIDGE_ADDRESS, value: 1_000_000n * WEI_PER_SAT, data });
    }
  }

  /** A new deposit that the members approved. */
  pegIn(recipient: EvmAddress, amountSats: bigint): CertifiedPegIn {
    return approved({
      outpoint: outpoint(txid(bytesToBareHex(this.random.bytes(32))), this.random.integer(3)),
      amountSats: sats(amountSats),
      recipient,
      epoch: epoch(0),
    });
  }

  /** The next slot that isn't the node's own; above every slot that fuzzed votes may have used. */
  nextPeerSlot(): number {
    let next = this.slot + 2;
    while (next % AUTHORITIES === OWN_INDEX) next++;
    return next;
  }

  /** A valid block of another authority comes in, is voted for and certified. */
  async extend(block: RootedBlock): Promise<void> {
    this.enterSlot(Math.max(this.slot, block.signedBlock.block.slot));
    this.#gossip(block);
    await until('a valid block is taken', () => this.#holds(block.root));
    await this.#certify(block);
  }

  /**
   * The same with other valid blocks of that authority beside it: one has a place in the tree, more than that change
   * nothing.
   */
  async extendAmongRivals(block: RootedBlock, rivals: readonly RootedBlock[]): Promise<void> {
    this.enterSlot(Math.max(this.slot, block.signedBlock.block.slot));
    this.#gossip(block);
    await until('a valid block is taken', () => this.#holds(block.root));
    const [first, ...others] = rivals;
    if (first !== undefined) this.#gossip(first);
    if (first !== undefined) this.expectedEvidence++;
    await this.#settle();
    this.#expected = await this.#snapshot();
    this.node.logs();
    for (const rival of others) this.#gossip(rival);
    const refused = new Set<unknown>();
    await until('rivals are refused', () => {
      for (const { fields } of this.node.logs()) if (fields['code'] === 'TOO_MANY_RIVALS') refused.add(fields['root']);
      return refused.size === others.length;
    });
    for (const _ of others) this.tally.count('block', 'TOO_MANY_RIVALS', true);
    await this.checkUnchanged('rivals');
    await this.#certify(block);
  }

  #gossip({ signedBlock }: RootedBlock): void {
    const read = this.node.gossip('blocks', encodeSignedBlock(signedBlock));
    if (!read.ok) throw new Error(`a valid block was refused: ${read.refusal.reason}`);
  }

  /** The node's own turn: it builds, signs and sends a block that the others find valid. */
  async extendByOwnBlock(): Promise<void> {
    const { blocks } = this.node.published;
    const before = blocks.length;
    this.enterSlot(this.slot + AUTHORITIES - ((this.slot - OWN_INDEX) % AUTHORITIES));
    await until('the node proposes in its slot', () => blocks.length > before);
    const signedBlock = blocks.at(-1);
    if (signedBlock === undefined) throw new Error('no block was published');
    const own = this.federation.sign(signedBlock.block);
    await until('the node takes its own block', () => this.#holds(own.root));
    await this.#certify({ root: own.root, signedBlock });
  }

  async #certify(block: RootedBlock): Promise<void> {
    const votes = await this.federation.adopt(block);
    for (const vote of votes) {
      this.foretellVote(vote);
      this.node.gossip('votes', encodeVote(vote), `peer-${vote.authority}`);
    }
    const { slot } = block.signedBlock.block;
    const { votes: own } = this.node.published;
    await until('a valid block is certified', () => this.node.view().highCertificateSlot === slot);
    await until('the node votes for a valid block', () => own.at(-1)?.blockRoot === block.root);
    for (const vote of own.slice(this.#ownVotesNoted)) this.foretellVote(vote);
    this.#ownVotesNoted = own.length;
  }

  /** What the node makes of a vote: kept, kept as evidence, or the code of its refusal. */
  foretellVote(vote: Vote): string {
    const { keys, network } = this.federation;
    const added = addVote(this.#collector, vote, {
      authorities: network.authorities[0]?.members ?? [],
      scheme: keys.scheme,
      networkHash: NETWORK_HASH,
      currentSlot: slotOf(this.slot),
    });
    if (!added.ok) return added.refusal.code;
    this.#collector = added.value.collector;
    if (added.value.evidence === null) return 'kept, for an unknown block';
    this.expectedEvidence++;
    return 'kept as evidence';
  }

  #holds(root: string): boolean {
    const { state, recentBlocks } = this.node.view();
    return state === 'Active' && recentBlocks.some((block) => block.root === root);
  }

  enterSlot(slot: number): void {
    this.slot = slot;
    this.node.enterSlot(slot);
  }

  /** The chain moved on with valid blocks: what is now is what must stay, and both engines must see it alike. */
  async remember(): Promise<void> {
    await this.#settle();
    this.#expected = await this.#snapshot();
    const { root, signedBlock } = this.federation.head;
    const { blockHash, stateRoot } = signedBlock.block.payload;
    const honest = await balances((method, params) => this.federation.rpc(method, params));
    const { head, latest, stateRoot: nodeRoot, balances: own } = this.#expected;
    if (head !== root || latest !== blockHash || nodeRoot !== stateRoot || own !== honest)
      this.tally.problem(`${this.scheme}: the node is not where the honest federation is: ${head} and ${root}`);
  }

  /** Nothing of what a node is may have changed, and no actor may have crashed. */
  async checkUnchanged(after: string): Promise<void> {
    await this.#settle();
    const expected = this.#expected;
    const actual = await this.#snapshot();
    if (expected === null) throw new Error('there is nothing to compare with');
    for (const field of Object.keys(actual) as (keyof Snapshot)[])
      if (actual[field] !== expected[field])
        this.tally.problem(`${after}: ${field} changed from ${expected[field]} to ${actual[field]}`);
    this.#expected = actual;
    await until('equivocations are written down', () => this.#content.evidenceRows() >= this.expectedEvidence);
    const evidence = this.#content.evidenceRows();
    if (evidence !== this.expectedEvidence)
      this.tally.problem(`${after}: ${evidence} equivocations are written down, not ${this.expectedEvidence}`);
    this.expectedEvidence = evidence;
    const failure = this.node.failure();
    if (failure !== null) throw new Error(`${after}: the node ended: ${failure}`);
    for (const actor of this.node.system.tree()) {
      const { path, lifecycle, crashes, restarts, dropped, lastError } = actor;
      if (lifecycle !== 'Running' || crashes + restarts + dropped > 0)
        throw new Error(
          `${after}: ${path} is ${lifecycle} after ${crashes} crashes, ${restarts} restarts, ${dropped} drops: ${lastError?.stack}`,
        );
    }
  }

  /** Nothing is under way any more. */
  #settle(): Promise<void> {
    const { system, evm } = this.node;
    return until('the node comes to rest', async () => {
      const isIdle = system.tree().every(({ mailbox, lifecycle }) => mailbox.depth === 0 || lifecycle !== 'Running');
      const pending = (system.view('StorageActor') as { pending: number } | undefined)?.pending ?? 0;
      if (!isIdle || pending > 0) return false;
      const { state, recentBlocks, highCertificateSlot } = this.node.view();
      // Wallets see the highest certified block.
      const certified = recentBlocks.find(({ slot }) => slot === highCertificateSlot);
      const latest = (await evm.request('eth_getBlockByNumber', ['latest', false])) as { hash: string };
      return (state === 'Active' && latest.hash === certified?.blockHash) || this.node.failure() !== null;
    });
  }

  async #snapshot(): Promise<Snapshot> {
    const { head, finalized, highCertificateSlot } = this.node.view();
    const latest = (await this.node.evm.request('eth_getBlockByNumber', ['latest', false])) as {
      hash: string;
      stateRoot: string;
    };
    return {
      head: head.root,
      finalized: finalized.root,
      highCertificateSlot,
      latest: latest.hash,
      stateRoot: latest.stateRoot,
      balances: await balances((method, params) => this.node.evm.request(method, params)),
      store: this.#content.hash(),
    };
  }

  async close(): Promise<void> {
    this.#content.close();
    await this.node.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function balances(request: (method: string, params: readonly unknown[]) => Promise<unknown>): Promise<string> {
  const found: unknown[] = [];
  for (let index = 0; index < ACCOUNTS + 2; index++)
    found.push(await request('eth_getBalance', [addressOf(index < ACCOUNTS ? index : 12 + index), 'latest']));
  return found.join(' ');
}
