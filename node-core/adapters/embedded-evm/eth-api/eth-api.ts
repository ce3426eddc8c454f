import type { Hex } from '../../../primitives/hex.ts';
import { AlysError } from '../../../primitives/errors.ts';
import { EthApiError } from '../../../ports/eth-api.ts';
import type { HeadMove } from '../chain-index.ts';
import { OutOfTime } from '../pacer.ts';
import { blockMethods } from './block-methods.ts';
import { callMethods } from './call-methods.ts';
import type { EthContext, MethodTable, Params } from './context.ts';
import { methodNotFound, serverError } from './errors.ts';
import { feeMethods } from './fee-methods.ts';
import { Filters } from './filters.ts';
import { logMethods } from './log-methods.ts';
import { nodeMethods } from './node-methods.ts';
import { stateMethods } from './state-methods.ts';

/** The wallet methods by their names. */
export class EthApi {
  readonly #methods: ReadonlyMap<string, MethodTable[string]>;
  readonly #filters: Filters;

  constructor(context: EthContext) {
    this.#filters = new Filters(context);
    this.#methods = new Map(
      [
        nodeMethods(context),
        stateMethods(context),
        blockMethods(context),
        feeMethods(context),
        callMethods(context),
        logMethods(context),
        this.#filters.methods(),
      ].flatMap((table) => Object.entries(table)),
    );
  }

  /** @throws EthApiError for whatever goes wrong. */
  async request(method: string, params: Params): Promise<unknown> {
    const run = this.#methods.get(method);
    if (run === undefined) throw methodNotFound(method);
    try {
      return await run(params);
    } catch (error) {
      if (error instanceof EthApiError) throw error;
      if (error instanceof AlysError && error.code === 'STATE_MISSING') throw serverError('missing trie node');
      if (error instanceof OutOfTime) throw serverError('execution aborted: its time is over');
      if (error instanceof AlysError && error.code === 'ENGINE_BUSY') throw serverError('too many requests at once');
      throw error;
    }
  }

  onHeadMoved(move: HeadMove): void {
    this.#filters.onHeadMoved(move);
  }

  onPendingTransaction(hash: Hex): void {
    this.#filters.onPendingTransaction(hash);
  }
}
