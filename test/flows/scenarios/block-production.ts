import type { ChainView } from '../../../node-core/index.ts';
import { eventually, rawRpc } from '../../support/devnet.ts';
import { nodeOf, playFlow } from './play.ts';
import type { Scenario } from './scenario-result.ts';

/** Final blocks of ours to wait for: one is luck, two are a chain. */
const OWN_FINAL_BLOCKS = 2;
/** Source: protocol.md, Chain and consensus. */
const FINALITY_SLOTS = 3;

/** The first node makes blocks in its slots; others follow, and they become final. */
export const blockProduction: Scenario = (options) =>
  playFlow('block-production', options, async ({ devnet, rpcUrl, check }) => {
    const { system } = nodeOf(devnet);
    const own = await eventually('final blocks of the first node', () => {
      const view = system.view('ChainActor') as ChainView | undefined;
      const blocks =
        view?.recentBlocks.filter(({ finalized, proposer, height }) => finalized && proposer === 0 && height > 0) ?? [];
      return blocks.length >= OWN_FINAL_BLOCKS ? blocks : null;
    });
    const [block] = own;
    if (block === undefined) throw new Error('no block');
    const seen = await rawRpc<{ readonly hash: string } | null>(rpcUrl, 'eth_getBlockByNumber', [
      `0x${block.height.toString(16)}`,
      false,
    ]);
    check(
      'the block is served by the wallet endpoint',
      seen?.hash === block.blockHash,
      `height ${block.height}, hash ${seen?.hash ?? 'none'}`,
    );
    for (let other = 1; other < options.nodes; other++) {
      const theirs = await eventually(`the block at node ${other + 1}`, () =>
        rawRpc<{ readonly hash: string } | null>(nodeOf(devnet, other).rpcUrl, 'eth_getBlockByNumber', [
          `0x${block.height.toString(16)}`,
          false,
        ]),
      );
      check(`node ${other + 1} has the same block`, theirs.hash === block.blockHash, `hash ${theirs.hash}`);
    }
    const view = system.view('ChainActor') as ChainView;
    const lag = view.head.slot - view.finalized.slot;
    check(
      `finality within ${FINALITY_SLOTS} slots`,
      lag <= FINALITY_SLOTS,
      `head slot ${view.head.slot}, final slot ${view.finalized.slot}`,
    );
    return `slot:${block.slot}`;
  });
