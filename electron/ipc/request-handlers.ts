import {
  AlysError,
  type ConsoleModel,
  type ConsoleSource,
  type DevnetControls,
  mermaidOf,
  resumePhrase,
  sats,
} from '../../node-core/index.ts';
import type { Channel, RequestBody, RequestResult } from '../contract/requests.ts';

const AUDIT_ENTRIES = 10_000;
/** The first names the place; the others are often of the same page. */
const SHOWN_PROBLEMS = 3;

export type RequestHandlers = { readonly [C in Channel]: (body: RequestBody<C>) => Promise<RequestResult<C>> };

/** A refusal that the operator can read and act on. */
export class RequestRefused extends AlysError {
  constructor(code: string, message: string) {
    super('service', code, message);
  }
}

/** `who` is the host's user, named in the audit log. */
export function requestHandlers(
  model: ConsoleModel,
  source: ConsoleSource,
  who: string,
  nowMs: () => number,
): RequestHandlers {
  const { controls } = source;
  const devnet = (): DevnetControls => {
    if (source.devnet === null)
      throw new RequestRefused('NOT_A_DEVNET', `${source.networkName} is no devnet: its coins are real.`);
    return source.devnet;
  };
  const done = (action: Promise<void>): Promise<Record<string, never>> => action.then(() => ({}));
  return {
    'node.start': ({ reason }) => done(controls.start({ who, reason })),
    'node.stop': ({ reason }) => done(controls.stop({ who, reason })),
    'node.halt': ({ reason }) => done(controls.halt({ who, reason })),
    'node.resume': async ({ reason, confirmation }) => {
      const phrase = resumePhrase(source.networkName);
      if (confirmation !== phrase) throw new RequestRefused('NOT_CONFIRMED', `Type ${phrase} to end the halt.`);
      return done(controls.resume({ who, reason }, confirmation));
    },
    'bridge.endFreeze': ({ reason }) => done(controls.endFreeze({ who, reason })),
    'execution.configure': ({ settings, reason }) => done(controls.configureExecution(settings, { who, reason })),
    'store.backup': async ({ reason }) => ({ path: await controls.backup({ who, reason }) }),
    'store.check': async ({ reason }) => {
      const problems = await controls.checkStore({ who, reason });
      if (problems.length > 0)
        throw new RequestRefused(
          'STORE_DAMAGED',
          `The store is damaged: ${problems.slice(0, SHOWN_PROBLEMS).join('; ')}. Stop the node, then restore a backup.`,
        );
      return {};
    },
    'actor.restart': ({ path, reason }) => done(controls.restartActor(path, { who, reason })),
    'actor.suspend': ({ path, reason }) => done(controls.suspendActor(path, { who, reason })),
    'actor.resume': ({ path, reason }) => done(controls.resumeActor(path, { who, reason })),
    'devnet.deposit': async ({ amountSats }) => devnet().deposit(sats(BigInt(amountSats))),
    'devnet.burn': async ({ amountSats, destination }) => devnet().burn(sats(BigInt(amountSats)), destination),
    'devnet.mine': async ({ blocks }) => devnet().mine(blocks),
    'devnet.links': async ({ links }) => done(devnet().setLinks(links)),
    'message.payload': async ({ seq }) => ({ payload: model.payload(seq) }),
    'trace.mermaid': async ({ correlationId }) => ({ text: mermaidOf(model.trace(correlationId)) }),
    'chain.block': ({ height }) => model.block(height),
    'logs.export': async () => {
      const text = model.supportBundle(await controls.auditLog(AUDIT_ENTRIES));
      const stamp = new Date(nowMs()).toISOString().replace(/[:.]/g, '-');
      return { fileName: `alys-${source.nodeName}-${stamp}.json`, text };
    },
  };
}
