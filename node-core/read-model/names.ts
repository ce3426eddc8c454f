import type { ActorPath } from '../kernel/envelope.ts';

/** `BridgeActor` for `BridgeActor/peg-in:…`: in diagrams a child counts as its parent. */
export function topOf(path: ActorPath): ActorPath {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

/** Which kind of outside party a name is, without its instance: `Peer` for `Peer:12D3…`. */
export function roleOf(path: ActorPath): string {
  const top = topOf(path);
  return top.startsWith('Peer:') ? 'Peer' : top;
}

/** An authority by its index; the index itself where the network file names nobody. */
export const authorityName = (names: readonly string[], index: number): string => names[index] ?? `authority ${index}`;

/** Actors are named after their behaviour, outside parties are not: `AuraTimer`, `User`, `Peer:…`. */
export const isActorName = (path: ActorPath): boolean => /^[A-Z][A-Za-z]*Actor(?:\/|$)/.test(path);
