import { z } from 'zod';

const positive = z.number().int().positive();
/** 21 million BTC. */
const MAX_SATS = 2_100_000_000_000_000n;
const amount = z
  .string()
  .regex(/^\d{1,16}$/, 'a whole number of sat, as decimal text')
  .refine((text) => !/^\d{1,16}$/.test(text) || BigInt(text) <= MAX_SATS, 'at most 2100000000000000 sat');
const xOnlyKey = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
const address = z.string().regex(/^0x[0-9a-f]{40}$/, '0x and 40 lower-case hex digits');

/** The shared network file (`assets/networks/NAME.json`): every value that all members must hold alike (HOLE-12). */
export const networkSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and dashes, a letter first, at most 32'),
  chainId: positive,
  genesisTimeMs: z.number().int().nonnegative(),
  /** 1000 to 10000 ms. Source: protocol.md, Chain and consensus. */
  slotDurationMs: z.number().int().min(1000).max(10_000),
  /** Of a block: none may have more. What is right for it: `adapters/embedded-evm/README.md`. */
  gasLimit: positive.min(5_000_000).max(1_000_000_000),
  /** Schedules by activation height, never edited in place. 1 to 15 authorities. */
  authorities: z
    .array(
      z.strictObject({
        activationHeight: z.number().int().nonnegative(),
        members: z
          .array(
            z.strictObject({
              name: z.string().min(1).max(64),
              blsPublicKey: z.string().regex(/^0x[0-9a-f]{96}$/, '0x and 96 lower-case hex digits'),
              proofOfPossession: z.string().regex(/^0x[0-9a-f]{192}$/, '0x and 192 lower-case hex digits'),
              feeRecipient: address,
              /** libp2p peer id. */
              peerId: z.string().min(1).max(128),
            }),
          )
          .min(1)
          .max(15),
      }),
    )
    .min(1),
  governance: z
    .array(
      z.strictObject({
        activationHeight: z.number().int().nonnegative(),
        epoch: z.number().int().nonnegative(),
        members: z
          .array(z.strictObject({ name: z.string().min(1).max(64), bitcoinKey: xOnlyKey, identityKey: xOnlyKey }))
          .min(1)
          .max(15),
        /** From the second entry on: Bitcoin heights at which the new address takes over (domain/federation). */
        handover: z
          .strictObject({
            fromBitcoinHeight: z.number().int().nonnegative(),
            untilBitcoinHeight: z.number().int().nonnegative(),
          })
          .optional(),
      }),
    )
    .min(1),
  bitcoin: z.strictObject({
    network: z.enum(['regtest', 'signet', 'testnet', 'bitcoin']),
    /** Confirmations of a deposit before voters vote for its mint; a proposer waits for two more. */
    depositConfirmations: positive,
    proposerExtraConfirmations: z.number().int().nonnegative(),
    minDepositSats: amount,
    /** Bitcoin height from which the federation's address is watched. */
    startHeight: z.number().int().nonnegative(),
    minFeeRateSatsPerVbyte: positive,
    maxFeeRateSatsPerVbyte: positive,
  }),
  bridge: z.strictObject({
    address,
    minPegOutSats: amount,
    maxPegOutSats: amount,
    dustSats: amount,
  }),
});

export type Network = z.infer<typeof networkSchema>;
export type AuthorityMember = Network['authorities'][number]['members'][number];
export type GovernanceMember = Network['governance'][number]['members'][number];
