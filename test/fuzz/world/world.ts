import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSignedBlock, encodeVote } from '../../../node-core/domain/consensus/encoding.ts';
import type { CertifiedPegIn, Vote } from '../../../node-core/domain/consensus/types.ts';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { epoch, type EvmAddress, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { addressOf } from '../../support/evm-chain.ts';
import { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import { HonestFederation, type RootedBlock } from './federation.ts';
import { type FuzzNode, startFuzzNode } from './fuzz-node.ts';
import { balancesOf, Invariants } from './invariants.ts';
import { createKeys, type SchemeName } from './keys.ts';
import { approved, AUTHORITIES, OWN_INDEX } from './network.ts';
import { ACCOUNTS, FIRST_PAYEE, pay } from './payments.ts';
import { until } from './until.ts';

const FIRST_SLOT = 101;
const FUNDS_SATS = 500_000_000n;

/** A fuzzed node, the honest rest of its federation, and the slot that both are in. */
export class FuzzWorld {
  readonly node: FuzzNode;
  readonly federation: HonestFederation;
  readonly random: Random;
  readonly tally: Tally;
  readonly scheme: SchemeName;
  /** The node's current slot. */
  slot = FIRST_SLOT;
  /** Blocks on the head that are valid in all but one thing; none before the first round. */
  almostValid: { readonly reminting: RootedBlock; readonly early: RootedBlock } | null = null;
  #ownVotesNoted = 0;
  readonly #invariants: Invariants;
  readonly #folder: string;

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
    this.#invariants = new Invariants(node, federation.keys, folder, tally);
    this.#folder = folder;
  }

  /** A node with a chain that holds mints, a transfer, a contract and a burn. */
  static async create(scheme: SchemeName, seed: number, tally: Tally): Promise<FuzzWorld> {
    const federation = await HonestFederation.create(createKeys(scheme, AUTHORITIES));
    const folder = mkdtempSync(join(tmpdir(), 'alys-fuzz-'));
    const node = await startFuzzNode(federation.keys, scheme, folder, () => federation.status());
    const world = new FuzzWorld(node, federation, scheme, folder, seed, tally);
    node.enterSlot(world.slot);
    await until('the node is active', () => node.view().state === 'Active');
    await world.#makeChain();
    return world;
  }

  async #makeChain(): Promise<void> {
    const { federation, random } = this;
    const funds = Array.from({ length: ACCOUNTS }, (_, i) => this.pegIn(addressOf(i), FUNDS_SATS));
    await this.extend(await federation.propose(this.nextPeerSlot(), funds));
    await this.extendByOwnBlock();
    for (const [index, kind] of (['transfer', 'creation', 'burn'] as const).entries())
      await pay(federation, index, kind, random);
    await this.extend(await federation.propose(this.nextPeerSlot(), [this.pegIn(addressOf(FIRST_PAYEE), 20_000n)]));
    for (let i = 0; i < 4; i++) await this.extendByOwnBlock();
    await this.remember();
  }

  /** A transaction of this height's account, into the pool of the honest builders. */
  paySomething(): Promise<void> {
    const kind = this.random.pick(['transfer', 'creation', 'burn'] as const);
    return pay(this.federation, this.federation.chain.length % ACCOUNTS, kind, this.random);
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

  enterSlot(slot: number): void {
    this.slot = slot;
    this.node.enterSlot(slot);
  }

  /** A valid block of another authority comes in, is voted for and certified. */
  async extend(block: RootedBlock): Promise<void> {
    await this.#take(block);
    await this.#certify(block);
  }

  /** The same with other valid blocks of that authority: one has a place in the tree, more than that change nothing. */
  async extendAmongRivals(block: RootedBlock, rivals: readonly RootedBlock[]): Promise<void> {
    await this.#take(block);
    const [first, ...others] = rivals;
    const { proposer } = block.signedBlock.block;
    const caught = this.#invariants.blockEvidence(proposer);
    if (first !== undefined) {
      this.#gossip(first);
      await until(
        'the equivocation is written down',
        () => this.#invariants.blockEvidence(proposer) === caught + 1 || this.#invariants.hasAllEvidence(proposer),
      );
    }
    await this.#invariants.accept();
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

  async #take(block: RootedBlock): Promise<void> {
    this.enterSlot(Math.max(this.slot, block.signedBlock.block.slot));
    this.#gossip(block);
    await until('a valid block is taken', () => this.#holds(block.root));
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
    const { root } = this.federation.sign(signedBlock.block);
    await until('the node takes its own block', () => this.#holds(root));
    await this.#certify({ root, signedBlock });
  }

  async #certify(block: RootedBlock): Promise<void> {
    for (const vote of await this.federation.adopt(block)) {
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

  #holds(root: string): boolean {
    const { state, recentBlocks } = this.node.view();
    return state === 'Active' && recentBlocks.some((block) => block.root === root);
  }

  /** What the node makes of a vote: kept, kept as evidence, or the code of its refusal. */
  foretellVote(vote: Vote): string {
    return this.#invariants.foretellVote(vote, this.slot);
  }

  /** The chain moved on with valid blocks: what is now is what must stay, and both engines must see it alike. */
  async remember(): Promise<void> {
    const { head, latest, stateRoot, balances } = await this.#invariants.accept();
    const { root, signedBlock } = this.federation.head;
    const { payload } = signedBlock.block;
    const honest = [root, payload.blockHash, payload.stateRoot, await balancesOf(this.federation.evm)].join(' ');
    const own = [head, latest, stateRoot, balances].join(' ');
    if (own !== honest)
      this.tally.problem(`${this.scheme}: the node is not where the honest federation is: ${own}, not ${honest}`);
  }

  /** Nothing of what the node is may have changed, and no actor may have crashed. */
  checkUnchanged(after: string): Promise<void> {
    return this.#invariants.check(after);
  }

  async close(): Promise<void> {
    this.#invariants.close();
    await this.node.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
