import type { SignedBlock, Vote } from '../../../node-core/domain/consensus/types.ts';
import type { ApprovalRequest, SignatureRequest } from '../../../node-core/ports/governance.ts';
import type { GuardRecord } from '../../../node-core/ports/signer.ts';
import type { BlockWrite, ChainPointers } from '../../../node-core/ports/store.ts';
import type { Block } from './bitcoin/chain.ts';
import type { Tx } from './bitcoin/transaction.ts';

/**
 * What happens at the edge of a node or in the world around it. Everything that an invariant speaks of passes here: a
 * node reaches the world by its ports alone, and what it keeps over a crash is on its disk. So checkers that run at each
 * observation see each event that could change what they look at, and nothing runs at the events in between.
 */
export type Observation =
  | { readonly kind: 'bitcoinBlocks'; readonly undone: readonly Block[]; readonly added: readonly Block[] }
  /** A node's Bitcoin answered with this tip. */
  | { readonly kind: 'tipServed'; readonly node: number; readonly tip: Block }
  | { readonly kind: 'broadcast'; readonly node: number; readonly tx: Tx; readonly refusal: string | null }
  | { readonly kind: 'approvalAsked'; readonly node: number; readonly request: ApprovalRequest }
  | { readonly kind: 'signaturesAsked'; readonly node: number; readonly request: SignatureRequest }
  /** The signer has answered: a signature is out. `durable` is the guard's record on disk at this moment. */
  | {
      readonly kind: 'signed';
      readonly node: number;
      readonly what: 'block' | 'vote';
      readonly slot: number;
      readonly root: string;
      readonly justifiedSlot: number | null;
      readonly durable: GuardRecord;
    }
  | { readonly kind: 'signatureRequested'; readonly node: number; readonly what: 'block' | 'vote' }
  /** A peer has told a node its status: what it saw this node's key sign is in it. */
  | { readonly kind: 'statusReceived'; readonly node: number; readonly peer: number }
  | { readonly kind: 'rearmed'; readonly node: number; readonly floor: number }
  | { readonly kind: 'blockPublished'; readonly node: number; readonly signedBlock: SignedBlock }
  | { readonly kind: 'votePublished'; readonly node: number; readonly vote: Vote }
  /** On the disk of a node, from this moment on. */
  | {
      readonly kind: 'blocksStored';
      readonly node: number;
      readonly blocks: readonly BlockWrite[];
      readonly pointers: ChainPointers | null;
    }
  | { readonly kind: 'valueStored'; readonly node: number; readonly key: string; readonly value: string | null }
  | { readonly kind: 'acknowledged'; readonly node: number; readonly messageId: string; readonly applied: boolean }
  | { readonly kind: 'died'; readonly node: number }
  | { readonly kind: 'started'; readonly node: number; readonly disarmed: boolean }
  | { readonly kind: 'slot'; readonly slot: number };

export type Observer = (observation: Observation) => void;
