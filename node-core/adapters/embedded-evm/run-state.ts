import type { EVMOpts } from '@ethereumjs/evm';

export type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number];

/** What the library's opcodes work on: one call's stack, memory, code and gas. */
export type RunState = Parameters<Extract<CustomOpcode, { readonly logicFunction: unknown }>['logicFunction']>[0];
