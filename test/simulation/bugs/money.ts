import { bug, patch, type PlantedBug } from './bug.ts';

/** Mistakes in the books of the peg. */
export const money: readonly PlantedBug[] = [
  bug(
    'depth',
    'mints are proposed and voted for at one confirmation',
    patch(
      'domain/utxo/view.ts',
      'confirmationsOf(view, output.height) >= depthNeeded(output, depth);',
      'confirmationsOf(view, output.height) >= Math.min(1, depthNeeded(output, depth));',
    ),
    patch(
      'actors/bridge/peg-in/deposit.ts',
      'else if (confirmations < args.confirmationsRequired) {',
      'else if (confirmations < 1) {',
    ),
    patch(
      'actors/bridge/peg-in/deposit.ts',
      'if (state.confirmations < state.args.confirmationsRequired) return;',
      'if (state.confirmations < 1) return;',
    ),
  ),
  bug(
    'amount',
    'a deposit is put before governance with a sat too many',
    patch(
      'domain/pegin/operation.ts',
      'amountSats: output.amountSats,',
      'amountSats: (output.amountSats + 1n) as Sats,',
    ),
  ),
  bug(
    'mint-by-txid',
    'one mint a transaction',
    patch(
      'actors/chain/ancestry.ts',
      'if (state.minted.has(outpoint)) return true;',
      'for (const known of state.minted) if (known.slice(0, 64) === outpoint.slice(0, 64)) return true;',
    ),
    patch(
      'actors/engine/jobs.ts',
      '.filter(({ outpoint }) => !excluded.has(outpoint))',
      '.filter(({ outpoint }, at, all) => !excluded.has(outpoint) && all.findIndex((other) => other.outpoint.slice(0, 64) === outpoint.slice(0, 64)) === at)',
    ),
  ),
  bug(
    'one-sat',
    'a payout pays one sat more than was burned',
    patch(
      'domain/pegout/rules.ts',
      'return accept({ burn, amountSats, scriptPubKey: destination.value });',
      'return accept({ burn, amountSats: (amountSats + 1n) as Sats, scriptPubKey: destination.value });',
    ),
  ),
  bug(
    'paid-again',
    'a burn waits again when its payout is replaced',
    patch(
      'actors/bridge/payouts.ts',
      '.filter(({ burn, payout }) => payout === null && burn.height <= upToHeight)',
      '.filter(({ burn, payout }) => (payout === null || (ledger.payouts[payout]?.versions.length ?? 0) > 1) && burn.height <= upToHeight)',
    ),
    patch('domain/pegout/check.ts', 'if (known.payout !== null || paidBurns.has(id))', 'if (paidBurns.has(id))'),
  ),
  bug(
    'held',
    'coins of a live payout may be spent by another',
    patch(
      'domain/utxo/books.ts',
      'versions.flatMap(({ inputs }) => inputs.map(({ outpoint }) => outpoint))));',
      'versions.flatMap(({ inputs }) => inputs.slice(0, 0).map(({ outpoint }) => outpoint))));',
    ),
  ),
  bug(
    'in-flight',
    'the solvency takes a payout for paid before it is deep',
    patch(
      'domain/utxo/solvency.ts',
      'const paid = known !== undefined && isPaid(books, known);',
      'const paid = known !== undefined;',
    ),
  ),
  bug(
    'fees',
    'burned fees are not taken off the supply',
    patch('domain/utxo/solvency.ts', 'minted - (totals?.burnedFeesWei ?? 0n) - burnedWei', 'minted - burnedWei'),
  ),
  bug(
    'reorg-blind',
    'a block is scanned whatever it follows',
    patch(
      'actors/bridge/bitcoin-scan.ts',
      'if (cursor !== null && previousHash !== cursor.hash)',
      'if (cursor !== null && previousHash === null)',
    ),
  ),
  bug(
    'reorg-silent',
    'a reorganisation beyond the depth raises no alarm',
    patch(
      'actors/bridge/reorganisation.ts',
      'if (state.reorgDepth >= depositConfirmations)',
      'if (state.reorgDepth > 1_000_000)',
    ),
  ),
];

/** Mistakes in taking up again what a crash or another party has interrupted. */
export const recovery: readonly PlantedBug[] = [
  bug(
    'journal',
    'open operations are not taken up again after a crash',
    patch('actors/bridge/startup.ts', "['open', false, MAX_OPEN_OPERATIONS],", "['open', false, 0],"),
  ),
  bug(
    'no-replay',
    'final blocks that the bridge missed are not told again',
    patch(
      'actors/bridge/startup.ts',
      "ctx.tell(state.chain, { type: 'ReplayFinalized',",
      "if (state.loading.size > 0) ctx.tell(state.chain, { type: 'ReplayFinalized',",
    ),
  ),
  bug(
    'evicted',
    'a payout that the mempools lost is not broadcast again',
    patch(
      'actors/bridge/peg-out/peg-out-actor.ts',
      '// A mempool may have lost it: known transactions are taken again as known.\n      if (!state.asking && !state.halted) broadcast(state, pegOut, ctx);',
      '',
    ),
  ),
  bug(
    'mints-lost',
    'an approved mint is asked of the chain once',
    patch(
      'actors/bridge/peg-in/peg-in-actor.ts',
      "ctx.timer('resubmit', args.timing.resubmitMs, { type: 'Resubmit' });",
      '',
    ),
  ),
  bug(
    'client-behind',
    'a client that forgot blocks is not led back',
    patch('actors/engine/jobs.ts', "new Set(['UNKNOWN_PARENT', 'UNKNOWN_BLOCK'])", "new Set(['NEVER'])"),
    patch(
      'actors/engine/jobs.ts',
      "if (result.status === 'SYNCING' && !asked)",
      "if (result.status === 'SYNCING' && !asked && job === null)",
    ),
  ),
];
