import type { Burn, CertifiedPegIn, FederationUpdate, PegOutEntry } from '../../../node-core/domain/consensus/types.ts';
import { setsRecordedBy } from '../../../node-core/domain/federation/succession.ts';
import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { Message } from '../../../node-core/kernel/envelope.ts';
import {
  blockHeight,
  blockRoot,
  burnId,
  evmAddress,
  evmBlockHash,
  evmTxHash,
  slot,
} from '../../../node-core/primitives/ids.ts';
import { addSats, sats, wei } from '../../../node-core/primitives/units.ts';
import { actorPolicies } from '../../../node-core/config/supervision.ts';
import type { ChainMessage } from '../../../node-core/protocol/chain.ts';
import type { FinalizeBlock } from '../../../node-core/protocol/finality.ts';
import type { PegValidationResult } from '../../../node-core/protocol/peg-validation.ts';

const hash = (kind: string, value: number): string => `0x${kind}${value.toString(16).padStart(62, '0')}`;

/** The final chain that all nodes agree on: it outlives the systems that read it. */
export class FakeChain {
  readonly blocks: { readonly final: FinalizeBlock; readonly burns: readonly Burn[] }[] = [];
  readonly mints = new Map<string, CertifiedPegIn>();
  /** What ChainActor was told, by outpoint. */
  readonly queued = new Map<string, CertifiedPegIn>();
  halted = false;
  /** Votes that were refused, with their reasons. */
  readonly refusals: string[] = [];
  /** What a misbehaving proposer puts into its next block instead. */
  forcedPegIns: readonly CertifiedPegIn[] | null = null;
  forcedPegOuts: readonly PegOutEntry[] | null = null;
  /** Tells nobody of its final blocks. */
  silent = false;
  /** How many wishes to hear of final blocks again go unheard. */
  deaf = 0;
  /** What its own certificates show to be final, where that is less than all of it. */
  proven: number | null = null;
  /** Puts it into a final block whatever this node's vote. */
  ignoreVotes = false;
  #burns: Omit<Burn, 'id' | 'blockHash' | 'height' | 'logIndex'>[] = [];
  #nextTx = 1;

  get height(): number {
    return this.blocks.length;
  }

  /** A user burns; it is in the next block. */
  burn(destination: string, amountWei: bigint): `0x${string}` {
    const evm = evmTxHash(hash('7e', this.#nextTx++));
    this.#burns.push({
      evmTxHash: evm,
      sender: evmAddress(`0x${'5e'.repeat(20)}`),
      destination,
      amountWei: wei(amountWei),
    });
    return evm;
  }

  /** Epoch of the members at a height, by the blocks so far. */
  epochAt(height: number): number {
    const recorded = this.blocks.flatMap(({ final }) => setsRecordedBy(final));
    return recorded.findLast(({ set }) => set.activationHeight <= height)?.set.epoch ?? 0;
  }

  append(
    pegIns: readonly CertifiedPegIn[],
    pegOuts: readonly PegOutEntry[],
    federationUpdates: readonly FederationUpdate[] = [],
  ): FinalizeBlock {
    const height = blockHeight(this.height + 1);
    const blockHash = evmBlockHash(hash('b1', height));
    const before = this.blocks.at(-1)?.final.mintedTotalSats ?? sats(0n);
    for (const pegIn of pegIns) {
      if (this.mints.has(pegIn.outpoint)) throw new Error(`minted twice: ${pegIn.outpoint}`);
      this.mints.set(pegIn.outpoint, pegIn);
      this.queued.delete(pegIn.outpoint);
    }
    const final: FinalizeBlock = {
      type: 'FinalizeBlock',
      root: blockRoot(hash('0c', height)),
      height,
      slot: slot(1_700_000_000 + height),
      blockHash,
      pegIns,
      pegOuts,
      federationUpdates,
      mintedTotalSats: addSats(before, ...pegIns.map(({ amountSats }) => amountSats)),
      burnedFeesTotalWei: wei(0n),
    };
    const burns = this.#burns
      .splice(0)
      .map((burn, index): Burn => ({ ...burn, id: burnId(blockHash, index), blockHash, height, logIndex: index }));
    this.blocks.push({ final, burns });
    return final;
  }
}

type Stub<M extends Message> = Behaviour<null, M, undefined>;
interface Emit {
  readonly type: 'Emit';
  readonly height: number;
}
const SLOT_MS = 1000;

/** Reads a final block's burns for the bridge, as EngineActor does. */
export const engineStub = (chain: FakeChain): Stub<Emit> => ({
  name: 'EngineActor',
  ...actorPolicies.EngineActor,
  init: () => null,
  receive: (state, { type, height }, ctx) => {
    if (type !== 'Emit') return state;
    const bridge = ctx.refOf<Message>('BridgeActor');
    for (const burn of chain.blocks[height - 1]?.burns ?? []) {
      ctx.tell(bridge, { type: 'BurnEventDetected', burn } as Message, { correlationId: `tx:${burn.evmTxHash}` });
    }
    ctx.tell(bridge, { type: 'BurnScanCompleted', height } as Message);
    return state;
  },
});

/** While its node lives: one authority that makes a block in every slot, votes for it by its bridge alone, and finalizes it at once. */
export const chainStub = (chain: FakeChain, life: { readonly alive: boolean }): Stub<ChainMessage> => {
  let proposal: readonly CertifiedPegIn[] = [];
  let voted: PegValidationResult | null = null;
  return {
    name: 'ChainActor',
    ...actorPolicies.ChainActor,
    init: (_, ctx) => {
      ctx.timer('slot', SLOT_MS, { type: 'SlotTick', slot: slot(0) });
      return null;
    },
    receive(state, message, ctx) {
      if (!life.alive) return state;
      const bridge = ctx.refOf<Message>('BridgeActor');
      const ask = (
        purpose: 'propose' | 'vote',
        pegIns: readonly CertifiedPegIn[],
        pegOuts: readonly PegOutEntry[],
        federationUpdates: readonly FederationUpdate[] = [],
      ): unknown =>
        ctx.ask(
          bridge as never,
          {
            type: 'ValidatePegOperations',
            purpose,
            requestId: purpose,
            slot: slot(1_700_000_000 + chain.height + 1),
            height: blockHeight(chain.height + 1),
            epoch: chain.epochAt(chain.height + 1),
            provenHeight: blockHeight(chain.proven ?? chain.height),
            toldHeight: chain.height,
            pegIns,
            pegOuts,
            federationUpdates,
          } as never,
          { timeoutMs: 500, onTimeout: { type: 'ChainTimeout', what: 'pegs', key: purpose } } as never,
        );
      const tell = (final: FinalizeBlock): void => {
        if (chain.silent) return;
        ctx.tell(bridge, final, { correlationId: `slot:${final.slot}` });
        ctx.tell(ctx.refOf<Emit>('EngineActor'), { type: 'Emit', height: final.height });
        for (const { outpoint, amountSats, recipient } of final.pegIns) {
          const { root, blockHash, height } = final;
          ctx.tell(
            bridge,
            { type: 'PegInComplete', outpoint, amountSats, recipient, root, blockHash, height } as Message,
            { correlationId: `peg-in:${outpoint}` },
          );
        }
      };
      switch (message.type) {
        case 'SlotTick':
          ctx.timer('slot', SLOT_MS, message);
          if (chain.halted) break;
          proposal = chain.forcedPegIns ?? [...chain.queued.values()].slice(0, 16);
          ask('propose', proposal, []);
          break;
        case 'PegValidationResult':
          if (message.requestId === 'propose') {
            const pegIns =
              chain.forcedPegIns ?? proposal.filter(({ outpoint }) => !message.contested.includes(outpoint));
            const pegOuts = chain.forcedPegOuts ?? message.pegOuts;
            voted = { ...message, pegOuts };
            proposal = pegIns;
            ask('vote', pegIns, pegOuts, message.federationUpdates);
            break;
          }
          if (!message.accepted) chain.refusals.push(message.reason ?? '');
          if (message.accepted || chain.ignoreVotes) {
            const final = chain.append(proposal, voted?.pegOuts ?? [], voted?.federationUpdates);
            chain.forcedPegIns = null;
            chain.forcedPegOuts = null;
            tell(final);
          }
          break;
        case 'PegInOperation':
          if (!chain.mints.has(message.pegIn.outpoint)) chain.queued.set(message.pegIn.outpoint, message.pegIn);
          break;
        case 'ReplayFinalized':
          if (chain.deaf > 0) chain.deaf--;
          else for (const { final } of chain.blocks.slice(message.fromHeight - 1)) tell(final);
          break;
        case 'RequestChainStatus': {
          const root = blockRoot(hash('0c', chain.height));
          const height = blockHeight(chain.height);
          ctx.reply(ctx.replyTo(message), {
            type: 'ChainStatusResponse',
            report: {
              requestId: message.requestId,
              headHeight: height,
              headRoot: root,
              finalizedHeight: height,
              finalizedRoot: root,
              halted: chain.halted,
            },
          });
          break;
        }
        case 'EmergencyHaltRequest':
        case 'ResumeRequest':
          chain.halted = message.type === 'EmergencyHaltRequest';
          ctx.tell(bridge, { type: 'HaltChanged', halted: chain.halted } as Message);
          ctx.reply(ctx.replyTo(message), { type: 'HaltApplied', halted: chain.halted, failure: null });
          break;
        default:
          break;
      }
      return state;
    },
  };
};
