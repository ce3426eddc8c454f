import { bug, patch, type PlantedBug } from './bug.ts';

/**
 * What earlier systems got wrong and a simulator of whole nodes can see (protocol.md, HOLE-…). Not here: HOLE-9 (no
 * simulated load fills a mailbox), HOLE-10 (the store's indexes are simulated), HOLE-11 (start-up's assertions run
 * before a world begins) and HOLE-12 (the handshake is the adapter's).
 */
export const holes: readonly PlantedBug[] = [
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
    patch('domain/pegin/deposits.ts', "spends.length > 0 ? { kind: 'change' } : judgeDeposit(", 'judgeDeposit('),
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
