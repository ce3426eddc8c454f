import { Account } from '@ethereumjs/util';
import { type Hex, bytesToHex, hexToBytes } from '../../../primitives/hex.ts';
import { type EthContext, type MethodTable, accountAt, requireBlock } from './context.ts';
import { toQuantity, toWord } from './json.ts';
import { address, blockChoice, list, word } from './params.ts';

/** Slots of one proof. Source: geth, `maxGetStorageSlots`. */
const MAX_PROVED_SLOTS = 1024;

/** Geth shows a word as it was given, and what is shorter as a quantity. */
const shownKey = (given: string, slot: Hex): Hex => (given.length === slot.length ? slot : toQuantity(BigInt(slot)));

/** Accounts as they are after a block. */
export function stateMethods(context: EthContext): MethodTable {
  const { view, pool } = context;
  return {
    eth_getBalance: ([who, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      return toQuantity(account?.balance ?? 0n);
    },
    eth_getTransactionCount: ([who, at]) => {
      const choice = blockChoice(at);
      if ('tag' in choice && choice.tag === 'pending') return toQuantity(pool.nextNonce(address(who, 'address')));
      const account = accountAt(context, requireBlock(context, choice), address(who, 'address'));
      return toQuantity(account?.nonce ?? 0n);
    },
    eth_getCode: ([who, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      return account === undefined ? '0x' : bytesToHex(view.code(account));
    },
    eth_getStorageAt: ([who, slot, at]) => {
      const account = accountAt(context, requireBlock(context, blockChoice(at)), address(who, 'address'));
      const value = account === undefined ? new Uint8Array(0) : view.storage(account, hexToBytes(word(slot, 'slot')));
      return toWord(value.length === 0 ? 0n : BigInt(bytesToHex(value)));
    },
    eth_getProof: ([who, keys, at]) => {
      const block = requireBlock(context, blockChoice(at));
      const wanted = address(who, 'address');
      const slots = list(keys ?? [], 'storage keys', MAX_PROVED_SLOTS).map(
        (key) => [key, word(key, 'storage key')] as const,
      );
      const account = accountAt(context, block, wanted);
      const shown = account ?? new Account();
      return {
        address: wanted,
        accountProof: view.accountProof(hexToBytes(block.payload.stateRoot), hexToBytes(wanted)).map(bytesToHex),
        balance: toQuantity(shown.balance),
        codeHash: bytesToHex(shown.codeHash),
        nonce: toQuantity(shown.nonce),
        storageHash: bytesToHex(shown.storageRoot),
        storageProof: slots.map(([key, slot]) => {
          const value = view.storage(shown, hexToBytes(slot));
          return {
            key: shownKey(key as string, slot),
            value: toQuantity(value.length === 0 ? 0n : BigInt(bytesToHex(value))),
            proof: view.storageProof(shown, hexToBytes(slot)).map(bytesToHex),
          };
        }),
      };
    },
  };
}
