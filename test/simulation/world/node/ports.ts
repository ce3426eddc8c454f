import { Later } from '../later.ts';

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Asked around each call of a port; kills the node there when it says so. */
export type AtEffect = (port: string, method: string, when: 'before' | 'after') => boolean;

/**
 * The ports of one life of a node: a dead node's calls reach nothing and are never answered. `dies` says where power is
 * lost, with the effect still to be done, or done and not answered.
 */
export function portsOfLife(
  life: { readonly alive: boolean },
  ports: Readonly<Record<string, Methods>>,
  dies: AtEffect,
): object {
  const never = (): unknown => Object.assign(new Later<never>(), { open: () => () => undefined });
  const guarded =
    (port: string, method: string, run: (...args: never[]) => unknown) =>
    (...args: never[]): unknown => {
      if (!life.alive || dies(port, method, 'before')) return never();
      const answer = run(...args);
      return dies(port, method, 'after') ? never() : answer;
    };
  return Object.fromEntries(
    Object.entries(ports).map(([port, methods]) => [
      port,
      Object.fromEntries(Object.entries(methods).map(([method, run]) => [method, guarded(port, method, run)])),
    ]),
  );
}
