import { decodeRlp, encodeRlp, keccak256, stripZerosLeft, toBeHex, toQuantity } from 'ethers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { addressOf, EvmChain, rootAt, testEvm } from '../../support/evm-chain.ts';
import { ProbeContract } from '../../support/probe.ts';
import { verifyProof } from '../../support/verify-proof.ts';

interface Proof {
  readonly address: string;
  readonly accountProof: readonly string[];
  readonly balance: string;
  readonly codeHash: string;
  readonly nonce: string;
  readonly storageHash: string;
  readonly storageProof: readonly { readonly key: string; readonly value: string; readonly proof: readonly string[] }[];
}

const EMPTY_ROOT = keccak256('0x80');
const compact = (quantity: string): string => stripZerosLeft(toBeHex(BigInt(quantity)));

describe('proofs of accounts and slots', () => {
  let evm: EmbeddedEvm;
  let probe: ProbeContract;
  let stateRoots: readonly string[];

  beforeAll(async () => {
    evm = await testEvm();
    const chain = await EvmChain.on(evm);
    probe = await ProbeContract.deploy(chain, evm);
    await probe.send('fill', [0, 40], { gasLimit: 3_000_000n });
    await chain.block({ withdrawals: Array.from({ length: 60 }, (_, i) => chain.mint(addressOf(100 + i), 10n)) });
    await probe.send('note', [7, 'seven']);
    await chain.block();
    stateRoots = [{ stateRoot: '' }, ...chain.blocks.map(({ payload }) => payload)].map(({ stateRoot }) => stateRoot);
  });

  const prove = async (address: string, slots: readonly string[], at: string): Promise<Proof> =>
    (await evm.request('eth_getProof', [address, slots, at])) as Proof;

  /** The account under the block's state root, as an independent reader of the proof finds it. */
  const checkAccount = (proof: Proof, number: number): void => {
    const found = verifyProof(stateRoots[number] ?? '', proof.address, proof.accountProof);
    const { nonce, balance, storageHash, codeHash } = proof;
    const shown = encodeRlp([compact(nonce), compact(balance), storageHash, codeHash]);
    if (found === null) {
      expect({ nonce, balance, storageHash, codeHash }).toEqual({
        nonce: '0x0',
        balance: '0x0',
        storageHash: EMPTY_ROOT,
        codeHash: keccak256('0x'),
      });
    } else expect(found).toBe(shown);
  };

  it('are of every account, of contracts, and of accounts that are not there', async () => {
    const existing = [addressOf(0), probe.address, ...Array.from({ length: 60 }, (_, i) => addressOf(100 + i))];
    const missing = Array.from({ length: 40 }, (_, i) => addressOf(1000 + i));
    const head = stateRoots.length - 1;
    for (const address of existing) {
      const proof = await prove(address, [], 'latest');
      checkAccount(proof, head);
      expect(verifyProof(stateRoots[head] ?? '', address, proof.accountProof)).not.toBeNull();
    }
    for (const address of missing) {
      const proof = await prove(address, ['0x0'], 'latest');
      checkAccount(proof, head);
      expect(proof.storageProof).toEqual([{ key: '0x0', value: '0x0', proof: [] }]);
    }
  });

  it('are of slots with a value and of those without one', async () => {
    const slots = Array.from({ length: 50 }, (_, i) => toBeHex(i, 32));
    const { storageHash, storageProof } = await prove(probe.address, slots, 'latest');
    const values = storageProof.map(({ key, value, proof }, i) => {
      expect(key).toBe(slots[i]);
      const found = verifyProof(storageHash, key, proof);
      expect(found === null ? 0n : BigInt(decodeRlp(found) as string)).toBe(BigInt(value));
      return BigInt(value);
    });
    for (const [i, slot] of slots.entries()) {
      expect(values[i]).toBe(
        BigInt((await evm.request('eth_getStorageAt', [probe.address, slot, 'latest'])) as string),
      );
    }
    expect(values.some((value) => value > 0n)).toBe(true);
    expect(values.some((value) => value === 0n)).toBe(true);
  });

  it('are of any block, and of no other state', async () => {
    for (const number of [1, 2, 3]) checkAccount(await prove(addressOf(0), [], toQuantity(number)), number);
    const { accountProof } = await prove(addressOf(0), [], '0x2');
    expect(() => verifyProof(stateRoots[3] ?? '', addressOf(0), accountProof)).toThrow();
  });

  it.each([
    ['no address', ['0x12', []]],
    ['keys that are no list', [addressOf(0), '0x0', 'latest']],
    ['a key that is none', [addressOf(0), ['zz'], 'latest']],
    ['more keys than the bound', [addressOf(0), new Array(1025).fill('0x0'), 'latest']],
  ])('are refused for %s', async (_, params) => {
    await expect(evm.request('eth_getProof', params)).rejects.toMatchObject({ body: { code: -32602 } });
  });

  it('are refused for a block that is not there', async () => {
    await expect(evm.request('eth_getProof', [addressOf(0), [], rootAt(99)])).rejects.toMatchObject({
      body: { code: -32000, message: 'header for hash not found' },
    });
  });
});
