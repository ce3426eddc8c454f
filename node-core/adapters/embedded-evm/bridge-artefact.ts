import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../../primitives/errors.ts';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';

const artefactSchema = z.object({
  contractName: z.literal('Bridge'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  abi: z.array(z.record(z.string(), z.unknown())),
  storageLayout: z.array(
    z.object({ label: z.string(), slot: z.string().regex(/^\d+$/), type: z.literal('t_uint256') }),
  ),
  runtimeBytecode: z
    .string()
    .regex(/^0x(?:[0-9a-f]{2})+$/)
    .transform((text) => text as Hex),
});

/** `assets/contracts/Bridge.json`: the compiled bridge contract. */
export type BridgeArtefact = z.infer<typeof artefactSchema>;

/**
 * Checks a compiled bridge contract, its hash included.
 * @throws ServiceError `BRIDGE_ARTEFACT` saying what is wrong with it.
 */
export function parseBridgeArtefact(json: unknown): BridgeArtefact {
  const parsed = artefactSchema.safeParse(json);
  if (!parsed.success) throw new ServiceError('BRIDGE_ARTEFACT', z.prettifyError(parsed.error));
  const sha256 = createHash('sha256').update(hexToBytes(parsed.data.runtimeBytecode)).digest('hex');
  if (sha256 !== parsed.data.sha256) {
    throw new ServiceError('BRIDGE_ARTEFACT', 'the bytecode is not the one that its hash names', { sha256 });
  }
  return parsed.data;
}
