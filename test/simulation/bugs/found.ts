import { bug, patch, type PlantedBug } from './bug.ts';

/** What the simulator has found in the product, planted again: each also has its small trace in `traces/`. */
export const found: readonly PlantedBug[] = [
  bug(
    'found-deadline',
    'a sibling that restarts with its children keeps a stop deadline',
    patch(
      'kernel/life.ts',
      'if (next === undefined) this.#host.wake(cell);',
      "if (next === undefined) this.#later(cell, 1_000, () => this.#end(cell, 'GracefulShutdown', null));",
    ),
  ),
  bug(
    'found-gap',
    'final blocks that the bridge missed are not asked for when the clock has gone back',
    patch(
      'actors/bridge/finality.ts',
      'nowMs < sinceMs || nowMs - sinceMs >= patienceMs',
      'nowMs - sinceMs >= patienceMs',
    ),
  ),
  bug(
    'found-sync',
    'a failed sync is not tried again when the clock has gone back',
    patch(
      'actors/chain/chain-actor.ts',
      'retry(state, ctx);\n      onSlotTick',
      'if (message.slot > state.slot) retry(state, ctx);\n      onSlotTick',
    ),
  ),
  bug(
    'found-books',
    'a restarted bridge shows books of before the burns that it reads',
    patch('actors/bridge/startup.ts', 'state.contentHeight = state.ledger.finalHeight;', ''),
  ),
  bug(
    'found-blocker',
    'a restarted operation does not say what it waits for',
    patch(
      'actors/bridge/peg-in/peg-in-actor.ts',
      'else if (!args.record.terminal) actInSight(state, ctx);',
      'else act(state, ctx);',
    ),
    patch('actors/bridge/peg-in/peg-in-actor.ts', '    if (!state.args.record.terminal) tellBridge(state, ctx);\n', ''),
  ),
];
