import type { Observer } from '../observation.ts';
import type { FinalChain } from '../reference/final-chain.ts';
import type { ReferenceLedger } from '../reference/ledger.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

const LOOK_EVERY_SLOTS = 2;

/** INV-1 from the other side: where a node stands at the reference's own heights, its books are the reference's. */
export function watchBooks(
  world: World,
  { chain, ledger }: { readonly chain: FinalChain; readonly ledger: ReferenceLedger },
  report: Report,
): Observer {
  return (observation) => {
    if (observation.kind !== 'slot' || observation.slot % LOOK_EVERY_SLOTS !== 0) return;
    const { tip } = world.bitcoin.chain;
    const { reserveSats, liabilitiesSats } = ledger.balance();
    for (const { index, bridge } of world.nodes) {
      const books = bridge?.solvency ?? null;
      if (books === null || bridge?.bitcoinTip?.hash !== tip.hash || bridge.scannedHeight !== tip.height) continue;
      if (books.atBitcoinHeight !== tip.height || books.atBlockHeight !== chain.final.length - 1) continue;
      if (books.reserveSats !== `${reserveSats}` || books.liabilitiesSats !== `${liabilitiesSats}`)
        report(
          'INV-1',
          `node ${index} counts ${books.reserveSats} of ${reserveSats} sat held, ${books.liabilitiesSats} of ${liabilitiesSats} owed`,
        );
    }
  };
}
