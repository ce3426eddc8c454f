import { bug, patch, type PlantedBug } from './bug.ts';

/** Mistakes in agreeing and in signing. */
export const consensus: readonly PlantedBug[] = [
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

/** Mistakes in halting. */
export const halts: readonly PlantedBug[] = [
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
