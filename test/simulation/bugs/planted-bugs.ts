/** A change of a product file's text as the loader reads it. `from` stands in the file exactly once. */
export interface Patch {
  /** Under `node-core/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A mistake that somebody could make. The simulator is measured by how many it finds. */
export interface PlantedBug {
  readonly id: string;
  readonly title: string;
  readonly patches: readonly Patch[];
}

const bug = (id: string, title: string, ...patches: readonly Patch[]): PlantedBug => ({ id, title, patches });
const patch = (file: string, from: string, to: string): Patch => ({ file, from, to });

/**
 * What earlier systems got wrong and a simulator of whole nodes can see (protocol.md, HOLE-…). Not here: HOLE-9 (no
 * simulated load fills a mailbox), HOLE-10 (the store's indexes are simulated), HOLE-11 (start-up's assertions run
 * before a world begins) and HOLE-12 (the handshake is the adapter's).
 */
const holes: readonly PlantedBug[] = [
  bug(
    'HOLE-1-log',
    "another contract's log is taken for a burn",
    patch(
      'domain/pegout/burns.ts',
      'log.address.toLowerCase() !== source.bridgeAddress || log.contractCreation',
      'log.contractCreation',
    ),
  ),
  bug(
    'HOLE-1-creation',
    'a log of a contract creation is taken for a burn',
    patch('domain/pegout/burns.ts', ' || log.contractCreation) continue', ') continue'),
  ),
  bug(
    'HOLE-2',
    'a burn through another contract is ignored after burning',
    patch(
      'domain/pegout/burns.ts',
      ' || log.contractCreation) continue',
      ' || log.contractCreation || log.topics[1]?.startsWith(`0x${"0".repeat(24)}c0c0`)) continue',
    ),
  ),
  bug(
    'HOLE-3-output',
    'a deposit is its txid: the second output is lost',
    patch(
      'domain/pegin/deposits.ts',
      'const identity = outpoint(id, vout);',
      'const identity = outpoint(id, vout * 0);',
    ),
  ),
  bug(
    'HOLE-3-twice',
    'a deposit that is minted already is minted again',
    patch(
      'actors/bridge/validation.ts',
      'return books.ledger.mints[outpoint] === undefined ? null',
      'return books.depth > 0 ? null',
    ),
    patch('actors/chain/ancestry.ts', 'if (state.minted.has(outpoint)) return true;', ''),
    patch('actors/chain/chain-actor.ts', 'if (!state.minted.has(message.pegIn.outpoint))', ''),
    patch(
      'actors/bridge/peg-in/peg-in-actor.ts',
      "if (!pegInMachine.can(pegIn.state, 'MintFinal')) break;",
      'if (pegIn !== null) break;',
    ),
  ),
  bug(
    'HOLE-3-change',
    'change is taken for a deposit',
    patch('domain/pegin/deposits.ts', "origin: spends.length > 0 ? { kind: 'change' } :", 'origin:'),
  ),
  bug(
    'HOLE-4',
    'a payload may mint more than its deposits',
    patch(
      'domain/consensus/validate.ts',
      'if (payload.withdrawals.length !== pegIns.length)',
      'if (payload.withdrawals.length < pegIns.length)',
    ),
  ),
  bug(
    'HOLE-5',
    'what a payout keeps back goes to the miners',
    patch(
      'domain/pegout/plan.ts',
      'const amountSats = sum(coins) - sum(burns);',
      'const amountSats = sum(coins) - sum(burns) - 1000n;',
    ),
  ),
  bug(
    'HOLE-6',
    'a coin selection that fails stops block production',
    patch(
      'actors/bridge/payouts.ts',
      'const proposed = planned.ok ? [planned.value.entry] : [];',
      "if (!planned.ok && planned.refusal.code === 'COINS_MISSING') throw new Error(planned.refusal.reason);\n  const proposed = planned.ok ? [planned.value.entry] : [];",
    ),
  ),
  bug(
    'HOLE-7',
    'signatures and signed payouts are in memory only',
    patch(
      'actors/bridge/operation/view.ts',
      'data: encodeJson(pegOut),',
      'data: encodeJson({ ...pegOut, signatures: [], rawTx: null }),',
    ),
  ),
  bug(
    'HOLE-8-memory',
    'the last signed slot is in memory only',
    patch(
      'adapters/signer/signer.ts',
      'let waiting = 0;',
      'let waiting = 0;\n  let memory: GuardRecord | null = null;',
    ),
    patch(
      'adapters/signer/signer.ts',
      'const record = await durable(() => guard.read(keyId));',
      'const record = memory ?? (await durable(() => guard.read(keyId)));',
    ),
    patch(
      'adapters/signer/signer.ts',
      'await durable(() => guard.advance(keyId, record, advance(record)));',
      'memory = advance(record);',
    ),
  ),
  bug(
    'HOLE-8-turn',
    "the proposer's turn is not checked",
    patch('domain/consensus/validate.ts', 'if (proposer !== due)', 'if (proposer < 0)'),
    patch(
      'domain/consensus/validate.ts',
      'if (payload.feeRecipient !== authorities[due]?.feeRecipient)',
      'if (payload.feeRecipient.length === 0)',
    ),
  ),
  bug(
    'HOLE-13',
    'a payout has a form that stock nodes do not relay',
    patch('domain/pegout/payout-transaction.ts', 'const VERSION = 2;', 'const VERSION = 4;'),
  ),
  bug(
    'HOLE-14',
    'a fee bump spends other coins than what it replaces',
    patch(
      'actors/bridge/payouts.ts',
      'const planned = planReplacement(payout, state.feeRateSatsPerVbyte, state.ledger, rules);',
      `const held = heldOutputs(livePayouts(state.ledger));
  const fresh = planPayout({
    burns: payout.versions[0].shares.flatMap(({ burn }) => {
      const known = state.ledger.burns[burn];
      const checked = known === undefined ? null : checkBurn(known.burn, rules);
      return checked?.ok ? [checked.value] : [];
    }),
    coins: Object.values(state.view.outputs).filter((coin) => isSpendable(proposerBooks(state), coin) && !held.has(coin.outpoint)),
    feeRateSatsPerVbyte: state.feeRateSatsPerVbyte,
    capLeftSats: 10n ** 15n,
    rules,
  });
  const planned = fresh.ok ? { ok: true, value: { ...fresh.value.entry, status: 'Replaced', id: payout.id } } : fresh;`,
    ),
    patch('domain/pegout/replacement.ts', 'if (!sameInputs)', 'if (!sameInputs && previous === null)'),
  ),
  bug(
    'HOLE-15',
    'an OP_RETURN of 20 raw bytes is refused because it is readable text',
    patch(
      'domain/pegin/op-return.ts',
      'if (raw !== undefined) return evmAddress',
      'if (raw !== undefined && !/^(?:[2-7][0-9a-f]){20}$/.test(raw)) return evmAddress',
    ),
  ),
];

const consensus: readonly PlantedBug[] = [
  bug(
    'quorum',
    'a certificate is made of one vote too few',
    patch(
      'domain/consensus/schedule.ts',
      'Math.floor((2 * authorityCount + 2) / 3)',
      'Math.floor((2 * authorityCount + 2) / 3) - 1',
    ),
  ),
  bug(
    'commit-rule',
    'a certificate makes its own block final',
    patch('domain/consensus/finality.ts', 'final = parent;', 'final = child;'),
  ),
  bug(
    'lock',
    'a vote may go below the locked certificate',
    patch(
      'domain/consensus/voting.ts',
      'if (lockedSlot !== null && justifiedSlot < lockedSlot)',
      'if (lockedSlot !== null && justifiedSlot < 0)',
    ),
  ),
  bug(
    'vote-twice',
    'a key may vote twice in a slot',
    patch('domain/consensus/voting.ts', 'block.slot <= lastVotedSlot)', 'block.slot < lastVotedSlot)'),
  ),
  bug(
    'guard-late',
    'the guard is written after the signature has left',
    patch(
      'adapters/signer/signer.ts',
      'await durable(() => guard.advance(keyId, record, advance(record)));',
      'void durable(() => guard.advance(keyId, record, advance(record))).catch(() => undefined);',
    ),
  ),
  bug(
    'rearm',
    'a restored backup is armed without asking its peers',
    patch('domain/consensus/rearming.ts', 'if (reports.length < needed)', 'if (reports.length < 0)'),
  ),
  bug(
    'block-signature',
    "a block's signature is not verified",
    patch(
      'domain/consensus/validate.ts',
      'return signed ? accept(undefined)',
      'return signed || key !== undefined ? accept(undefined)',
    ),
  ),
  bug(
    'wrong-root',
    'a block that executes to something else is taken',
    patch(
      'actors/engine/jobs.ts',
      'const { result } = message;',
      "const result = message.result.status === 'INVALID' ? { status: 'VALID' as const, burnedFeesWei: 0n as never, staged: null } : message.result;",
    ),
  ),
];

const halts: readonly PlantedBug[] = [
  bug(
    'halt-votes',
    'a halted node goes on voting',
    patch(
      'actors/chain/voting.ts',
      ' || isHaltedNow(state) || held === undefined) return false;',
      ' || held === undefined) return false;',
    ),
    patch('actors/chain/voting.ts', 'if (isHaltedNow(state) || self === null) return;', 'if (self === null) return;'),
  ),
  bug(
    'halt-memory',
    'a halt is forgotten over a restart',
    patch('actors/chain/startup.ts', 'state.halts = readHalts(text);', 'state.halts = readHalts(text) && noHalts;'),
  ),
  bug(
    'halt-signing',
    'a halted node goes on asking for signatures',
    patch(
      'actors/bridge/bridge-actor.ts',
      'if (state.halted === halted) return;\n  state.halted = halted;',
      'if (!state.halted) return;\n  state.halted = false;\n  if (halted) return;',
    ),
  ),
  bug(
    'resume-forged',
    'a resume need not be signed by members',
    patch(
      'domain/governance/authority.ts',
      'if (!verifySignature(digest, key, signature))',
      'if (digest.length === 0)',
    ),
  ),
  bug(
    'resume-quorum',
    'one member may resume',
    patch('domain/governance/authority.ts', 'resume: true,', 'resume: false,'),
  ),
];

const money: readonly PlantedBug[] = [
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

const recovery: readonly PlantedBug[] = [
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
    patch(
      'actors/bridge/finality.ts',
      'if (block.height > finalHeight + 1) {',
      'if (block.height > finalHeight + 1 && before === null) {',
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

/** What the simulator has found in the product, planted again: each also has its small trace in `traces/`. */
const found: readonly PlantedBug[] = [
  bug(
    'found-deadline',
    'a sibling that restarts with its children keeps a stop deadline',
    patch(
      'kernel/life.ts',
      '    // After the children: the end of the last one begins the deadline of a parent that stops.\n    this.#cancelPending(cell);\n',
      '',
    ),
    patch(
      'kernel/life.ts',
      '    this.#waits.endGeneration(cell);\n    this.#ports.endGeneration(cell);\n    cell.state',
      '    this.#cancelPending(cell);\n    this.#waits.endGeneration(cell);\n    this.#ports.endGeneration(cell);\n    cell.state',
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

export const plantedBugs: readonly PlantedBug[] = [...holes, ...consensus, ...halts, ...money, ...recovery, ...found];
