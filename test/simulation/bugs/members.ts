import { bug, patch, type PlantedBug } from './bug.ts';

/** Mistakes in changing the members. */
export const members: readonly PlantedBug[] = [
  bug(
    'members-of-file',
    'approvals are judged by the network file alone',
    patch('actors/chain/members.ts', '[...state.members.final, ...since]', '[]'),
  ),
  bug(
    'members-unsigned',
    'a member change needs no quorum',
    patch('domain/federation/succession.ts', 'return verified.ok ? next : verified;', 'return next;'),
  ),
  bug(
    'members-forgotten',
    'a restarted node does not know the members that blocks have named',
    patch('actors/chain/members.ts', 'if (members.written) return true;', 'return true;'),
  ),
  bug(
    'scanned-before',
    'what paid the new address before it was known is not looked for',
    patch('actors/bridge/search-again.ts', 'if (missing.length === 0)', 'if (missing.length >= 0)'),
  ),
  bug(
    'change-to-former',
    'change goes on going to the former members',
    patch('actors/bridge/validation.ts', '{ ...rules, activeEpoch: epoch }', '{ ...rules, activeEpoch: 0 as never }'),
  ),
  bug(
    'retired-open',
    'deposits to a retired address are minted',
    patch('domain/pegin/deposits.ts', 'height >= watched.retiredFrom', 'height < 0'),
  ),
];
