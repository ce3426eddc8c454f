import { z } from 'zod';
import { type RpcBounds, rpcBoundsSchema } from '../../config/rpc-bounds.ts';

const changeSchema = z.strictObject(
  { rpc: rpcBoundsSchema.partial().optional() },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.join(', ')}: settings of the execution client, which has them in its own process; here is rpc alone`
        : undefined,
  },
);

/** The bounds with a change, given as JSON text like that of the embedded EVM's settings; or what is wrong with it. */
export function changeBounds(
  bounds: RpcBounds,
  text: string,
): { readonly ok: true; readonly bounds: RpcBounds } | { readonly ok: false; readonly reasons: readonly string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reasons: ['the settings are not JSON'] };
  }
  const change = changeSchema.safeParse(json);
  if (!change.success) {
    const reasons = change.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    return { ok: false, reasons };
  }
  return { ok: true, bounds: rpcBoundsSchema.parse({ ...bounds, ...change.data.rpc }) };
}
