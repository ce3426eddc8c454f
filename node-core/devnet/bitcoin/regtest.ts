import { type BitcoinBlockHash, bitcoinBlockHash } from '../../primitives/ids.ts';
import { type Sats, sats } from '../../primitives/units.ts';

/**
 * Constants of Bitcoin's regression test network.
 * Source: Bitcoin Core, `kernel/chainparams.cpp` (CRegTestParams), `consensus/consensus.h`, `policy/policy.h`.
 */

/** Address prefixes, in the shape that @scure/btc-signer takes. */
export const REGTEST_NETWORK = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef } as const;

/** Compact form of the easiest target there is: about every second nonce is a proof of work. */
export const REGTEST_BITS = 0x207fffff;
export const REGTEST_TARGET = 0x7fffffn << 232n;
/** Expected hashes for one block at that target: `2^256 / (target + 1)`. */
export const WORK_PER_BLOCK = (1n << 256n) / (REGTEST_TARGET + 1n);
/** The target of difficulty 1 (bits 0x1d00ffff) over this one, to the 16 digits that Core prints. */
export const REGTEST_DIFFICULTY = Number(((0xffff / 0x7fffff) * 2 ** (8 * (0x1d - 0x20))).toPrecision(16));

export const GENESIS_HASH: BitcoinBlockHash = bitcoinBlockHash(
  '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
);
export const GENESIS_TIME_SECONDS = 1_296_688_602;
export const GENESIS_NONCE = 2;
/** The coinbase of every Bitcoin genesis block (The Times 03/Jan/2009 …); its output can never be spent. */
export const GENESIS_COINBASE_HEX =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054' +
  '696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420' +
  '666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61' +
  'deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

/** BIP-9 version with no deployment signalled. */
export const BLOCK_VERSION = 0x2000_0000;
/** A coinbase output may be spent in a block at least this many blocks above its own. */
export const COINBASE_MATURITY = 100;
const SUBSIDY_HALVING_INTERVAL = 150;
const INITIAL_SUBSIDY_SATS = 5_000_000_000n;

/** Newly made coins of the block at `height`: 50 BTC, halved every 150 blocks; 0 from the 33rd halving. */
export function subsidySats(height: number): Sats {
  return sats(INITIAL_SUBSIDY_SATS >> BigInt(Math.floor(height / SUBSIDY_HALVING_INTERVAL)));
}

/** Weight units of a block, and the share of it that a miner leaves for the header and the coinbase. */
export const MAX_BLOCK_WEIGHT = 4_000_000;
export const COINBASE_RESERVED_WEIGHT = 4_000;
/** Limit of `sigopCost` over a block. */
export const MAX_BLOCK_SIGOP_COST = 80_000;
/** Bytes of base data count four times, bytes of witness data once (BIP-141). */
export const WITNESS_SCALE_FACTOR = 4;
/** Block times must exceed the median of this many ancestors. */
export const MEDIAN_TIME_SPAN = 11;
