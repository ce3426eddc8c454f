import { fileURLToPath } from 'node:url';
import { NetworkError } from '../../../node-core/primitives/errors.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { actor, run, type Any } from '../../support/actors.ts';

/** Actors that gossip, call a port, set timers and crash by chance: everything whose order a seed decides. */
function hashOf(seed: number): string {
  const names = ['AActor', 'BActor', 'CActor', 'DActor'];
  const gossips = names.map((name) =>
    actor<{ readonly port: { get(): Promise<number> } }>(name, (message, ctx) => {
      const hops = Number(message['hops'] ?? 0);
      if (hops <= 0) return;
      if (ctx.random() < 0.05) throw new NetworkError('N', 'by chance');
      const to = ctx.refOf<Any>(names[Math.floor(ctx.random() * names.length)] ?? 'AActor');
      if (ctx.random() < 0.3) ctx.timer('later', ctx.random() * 10, { type: 'Later', hops: hops - 1 });
      else ctx.tell(to, { type: 'Gossip', hops: hops - 1 });
      if (ctx.random() < 0.2)
        ctx.call('port', 'get', [], {
          timeoutMs: 5,
          done: (outcome) => ({ type: 'Got', hops: hops - 2, ok: outcome.ok }),
        });
    }),
  );
  const latencies = { get: () => answerAfter((seed * 7 + latencies.calls++) % 8, 1), calls: 0 };
  const { pump, queue } = run(gossips, { ports: { port: latencies }, simulation: { seed } });
  for (const name of names) queue(name, { type: 'Gossip', hops: 40 });
  pump.runFor(1_000);
  return pump.traceHash;
}

export const traceHashes = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => hashOf(from + index));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , from, count] = process.argv;
  process.stdout.write(JSON.stringify(traceHashes(Number(from), Number(count))));
}
