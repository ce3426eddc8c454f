import { words } from '../../components/format.ts';

/** Sections of the execution settings, by the first part of a path. */
const SECTIONS: Readonly<Record<string, string>> = {
  '': 'Blocks and fees',
  pool: 'Transaction pool',
  rpc: 'Wallet requests',
};

/** What a setting is, and what an empty field means where it may be empty. */
const SETTINGS: Readonly<Record<string, readonly [name: string, empty?: string]>> = {
  gasLimitTarget: ['Gas limit of own blocks, target', 'the network’s'],
  minTipWei: ['Lowest priority fee, wei a gas'],
  keepStateBlocks: ['Final blocks whose state is kept', 'all'],
  'pool.maxTransactions': ['Transactions in all'],
  'pool.maxBytes': ['Bytes in all'],
  'pool.maxPerAccount': ['Transactions of one account'],
  'pool.priceBumpPercent': ['What a replacement pays more, percent'],
  'pool.maxTransactionBytes': ['Bytes of one transaction'],
  'pool.maxTransactionGas': ['Gas of one transaction'],
  'rpc.callGasLimit': ['Gas of a call or estimate'],
  'rpc.callTimeoutMs': ['Time of a call or estimate, ms'],
  'rpc.maxLogRange': ['Blocks of one query for logs'],
  'rpc.maxLogs': ['Logs of one query'],
  'rpc.maxFilters': ['Filters at a time'],
  'rpc.filterIdleMs': ['Time until an unused filter is forgotten, ms'],
};

export const sectionOf = (path: string): string => (path.includes('.') ? (path.split('.')[0] ?? '') : '');

/** A client may have sections and settings that are not known here: they go by their own names. */
export const sectionName = (section: string): string => SECTIONS[section] ?? words(section);
export const settingName = (path: string): string => SETTINGS[path]?.[0] ?? words(path);
/** What an empty field means. */
export const emptyName = (path: string): string => SETTINGS[path]?.[1] ?? 'none';
