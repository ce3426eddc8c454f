import { secp256k1 } from '@noble/curves/secp256k1.js';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '../../../node-core/adapters/embedded-evm/crypto.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { EvmChain, testEvm } from '../../support/evm-chain.ts';
import { PRECOMPILE_VECTORS } from '../../support/precompile-vectors.ts';
import { ProbeContract } from '../../support/probe.ts';

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const call = (evm: EmbeddedEvm, to: string, data: string): Promise<unknown> =>
  evm.request('eth_call', [{ to, data }, 'latest']);

describe('the precompiles of Cancun', () => {
  it.each(PRECOMPILE_VECTORS)('$name answers', async ({ address, input, output }) => {
    const evm = await testEvm();
    expect(await call(evm, address, input)).toBe(output);
  });

  it('recover a signer as another library signed', async () => {
    const evm = await testEvm();
    const message = keccak256(Uint8Array.of(1, 2, 3));
    const secret = createHash('sha256').update('signer').digest();
    const signature = secp256k1.sign(message, secret, { prehash: false, format: 'recovered' });
    const v = (signature[0] as number) + 27;
    const input = `${hex(message)}${v.toString(16).padStart(64, '0')}${hex(signature.slice(1)).slice(2)}`;
    const publicKey = secp256k1.getPublicKey(secret, false).slice(1);
    const address = hex(keccak256(publicKey).slice(12));
    expect(await call(evm, `0x${'0'.repeat(39)}1`, input)).toBe(`0x${'0'.repeat(24)}${address.slice(2)}`);
  });

  it.each(PRECOMPILE_VECTORS)('$name in a block takes wrong input without harm', async ({ address, input }) => {
    const evm = await testEvm();
    const chain = await EvmChain.on(evm);
    const probe = await ProbeContract.deploy(chain, evm);
    for (const data of ['0x', `${input}ff`, `0x${'ff'.repeat(400)}`]) {
      await probe.send('record', [address, data], { gasLimit: 3_000_000n });
    }
    const payload = await chain.block();
    expect(payload.transactions).toHaveLength(3);
    const again = await testEvm();
    const copy = await EvmChain.on(again);
    for (let number = 1; number <= payload.blockNumber; number++) {
      const block = chain.blocks[number - 1];
      if (block === undefined) throw new Error('a block is missing');
      await copy.import(block.payload, block.parentBeaconBlockRoot);
    }
  });
});
