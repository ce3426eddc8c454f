import { AlysError } from '../../../primitives/errors.ts';
import { EthApiError, type EthAsker } from '../../../ports/eth-api.ts';
import { OutOfTime } from '../pacer.ts';
import { blockMethods } from './block-methods.ts';
import { callMethods } from './call-methods.ts';
import type { EthContext, MethodTable, Params } from './context.ts';
import { methodNotFound, serverError } from './errors.ts';
import { feeMethods } from './fee-methods.ts';
import { logMethods } from './log-methods.ts';
import { nodeMethods } from './node-methods.ts';
import { stateMethods } from './state-methods.ts';

/** The wallet methods by their names. */
export class EthApi {
  readonly #methods: ReadonlyMap<string, MethodTable[string]>;

  constructor(context: EthContext) {
    this.#methods = new Map(
      [
        nodeMethods(context),
        stateMethods(context),
        blockMethods(context),
        feeMethods(context),
        callMethods(context),
        logMethods(context),
      ].flatMap((table) => Object.entries(table)),
    );
  }

  /** @throws EthApiError for whatever goes wrong. */
  async request(method: string, params: Params, asker: EthAsker = anybody()): Promise<unknown> {
    const run = this.#methods.get(method);
    if (run === undefined) throw methodNotFound(method);
    try {
      return await run(params, asker);
    } catch (error) {
      if (error instanceof EthApiError) throw error;
      if (error instanceof AlysError && error.code === 'STATE_MISSING')
        throw serverError('missing trie node: the state of that block is not available, this node prunes old states');
      if (error instanceof OutOfTime) throw serverError('execution aborted: its time is over');
      if (error instanceof AlysError && error.code === 'ENGINE_BUSY') throw serverError('too many requests at once');
      throw error;
    }
  }
}

/** Who asks without a connection waits as long as it takes. */
const anybody = (): EthAsker => ({ client: {}, signal: new AbortController().signal });
