import {
  authorityIndex,
  blockHeight,
  type BlockRoot,
  evmAddress,
  evmBlockHash,
  type Slot,
  slot,
} from '../../node-core/primitives/ids.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { wei } from '../../node-core/primitives/units.ts';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import { genesisBlock, genesisCertificate } from '../../node-core/domain/consensus/genesis.ts';
import { timestampOfSlot } from '../../node-core/domain/consensus/schedule.ts';
import { blockSigningRoot, prevRandaoOf, voteSigningRoot } from '../../node-core/domain/consensus/signing.ts';
import type {
  Block,
  BlsSignature,
  CertifiedPegIn,
  ExecutionPayload,
  QuorumCertificate,
  SignedBlock,
  Vote,
} from '../../node-core/domain/consensus/types.ts';
import { type ParentFacts, withdrawalFor } from '../../node-core/domain/consensus/validate.ts';
import { createKeyedScheme, type KeyedScheme } from './keyed-scheme.ts';

export const SLOT_MS = 2000;
export const NETWORK_HASH = '5a'.repeat(32);
const fill = (digits: string, bytes: number): Hex => `0x${digits.repeat(bytes)}`;

/** A payload that links, around nothing: execution is not what these tests look at. */
export const emptyPayload = (overrides: Partial<ExecutionPayload> = {}): ExecutionPayload => ({
  parentHash: evmBlockHash(fill('00', 32)),
  feeRecipient: evmAddress(fill('00', 20)),
  stateRoot: fill('01', 32),
  receiptsRoot: fill('02', 32),
  logsBloom: fill('00', 256),
  prevRandao: fill('00', 32),
  blockNumber: blockHeight(0),
  gasLimit: 10_000_000n,
  gasUsed: 0n,
  timestampS: 0,
  extraData: '0x',
  baseFeePerGas: wei(7n),
  blockHash: evmBlockHash(fill('aa', 32)),
  transactions: [],
  withdrawals: [],
  blobGasUsed: 0n,
  excessBlobGas: 0n,
  ...overrides,
});

export interface TestAuthority {
  readonly secretKey: Hex;
  readonly blsPublicKey: string;
  readonly feeRecipient: string;
}

/** Authorities with keys, a genesis, and blocks and votes signed by them. */
export interface ConsensusWorld {
  readonly scheme: KeyedScheme;
  readonly authorities: readonly TestAuthority[];
  readonly genesis: { readonly root: BlockRoot; readonly signed: SignedBlock; readonly certificate: QuorumCertificate };
  readonly facts: (block: Block, root: BlockRoot, mintCount?: bigint) => ParentFacts;
  readonly propose: (
    parent: ParentFacts,
    certificate: QuorumCertificate,
    at: number,
    options?: { readonly pegIns?: readonly CertifiedPegIn[]; readonly salt?: string },
  ) => { readonly root: BlockRoot; readonly signed: SignedBlock };
  readonly sign: (block: Block) => SignedBlock;
  readonly vote: (authority: number, root: BlockRoot, at: Slot, clean: boolean) => Vote;
}

export function createConsensusWorld(
  authorityCount: number,
  scheme: KeyedScheme = createKeyedScheme(),
): ConsensusWorld {
  const authorities = Array.from({ length: authorityCount }, (_, index): TestAuthority => {
    const { secretKey, publicKey } = scheme.keyPair(index);
    return { secretKey, blsPublicKey: publicKey, feeRecipient: fill((index + 16).toString(16), 20) };
  });
  const authorityAt = (index: number): TestAuthority => authorities[index] as TestAuthority;
  const signed = genesisBlock(emptyPayload());
  const root = blockRootOf(signed.block);

  const sign = (block: Block): SignedBlock => ({
    block,
    signature: scheme.sign(
      authorityAt(block.proposer).secretKey,
      blockSigningRoot(NETWORK_HASH, blockRootOf(block), block.slot),
    ),
  });
  return {
    scheme,
    authorities,
    genesis: { root, signed, certificate: genesisCertificate(root) },
    sign,
    facts: (block, of, mintCount = 0n) => ({
      root: of,
      slot: block.slot,
      height: block.height,
      blockHash: block.payload.blockHash,
      mintCount,
    }),
    propose(parent, certificate, at, { pegIns = [], salt = '' } = {}) {
      const proposer = authorityIndex(at % authorityCount);
      const height = blockHeight(parent.height + 1);
      const block: Block = {
        parentRoot: parent.root,
        slot: slot(at),
        height,
        proposer,
        payload: emptyPayload({
          parentHash: parent.blockHash,
          feeRecipient: evmAddress(authorityAt(proposer).feeRecipient),
          prevRandao: prevRandaoOf(parent.root, slot(at)),
          blockNumber: height,
          timestampS: timestampOfSlot(slot(at), SLOT_MS),
          extraData: `0x${salt}`,
          withdrawals: pegIns.map((pegIn, i) => withdrawalFor(pegIn, parent.mintCount + BigInt(i))),
        }),
        pegIns,
        pegOuts: [],
        federationUpdates: [],
        certificate,
      };
      return { root: blockRootOf(block), signed: sign(block) };
    },
    vote: (authority, of, at, clean) => ({
      blockRoot: of,
      slot: at,
      authority: authorityIndex(authority),
      clean,
      signature: scheme.sign(authorityAt(authority).secretKey, voteSigningRoot(NETWORK_HASH, of, at, clean)),
    }),
  };
}

/** A signature that no key made. */
export const FORGED = fill('c0', 96) as BlsSignature;
