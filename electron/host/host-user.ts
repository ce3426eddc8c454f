import { userInfo } from 'node:os';

/** Who sits at this machine, for the audit log: the user's name, or its number where it has none. */
export function hostUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no user has.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
