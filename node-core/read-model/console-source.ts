import type { ActorPath } from '../kernel/envelope.ts';
import type { ActorSystem } from '../kernel/system.ts';
import type { ChainedAuditEntry, StorePort } from '../ports/store.ts';
import type { EvmTxHash, Txid } from '../primitives/ids.ts';
import type { Sats, Wei } from '../primitives/units.ts';

/** A node while it runs: what every screen is computed from. */
export interface ConsoleNode {
  readonly name: string;
  readonly system: ActorSystem;
  /** Blocks older than `ChainView` shows. */
  readonly store: Pick<StorePort, 'readBlocks'>;
  /** The wallet JSON-RPC endpoint, `http://127.0.0.1:PORT`. */
  readonly rpcUrl: string;
}

/** Who asks for an intervention and why: both go to the audit log. `who` is the host's user name, never a secret. */
export interface Intervention {
  readonly who: string;
  /** 1 to 500 characters. */
  readonly reason: string;
}

/**
 * What the operator may do to the node. Every method appends to the hash-chained audit log (who, when, why, what
 * changed) before its promise resolves. Rejects with an `AlysError` whose message is fit to be shown.
 */
export interface NodeControls {
  /** Resolves when the tree runs. No effect on a running node. */
  start(by: Intervention): Promise<void>;
  /** Resolves when the last actor has ended and the store is closed. No effect on a stopped node. */
  stop(by: Intervention): Promise<void>;
  /** Resolves when the new generation runs. Rejects for an unknown path. */
  restartActor(path: ActorPath, by: Intervention): Promise<void>;
  suspendActor(path: ActorPath, by: Intervention): Promise<void>;
  resumeActor(path: ActorPath, by: Intervention): Promise<void>;
  /** The operator's emergency halt: resolves when the chain has halted and the halt is durable (INV-13). */
  halt(by: Intervention): Promise<void>;
  /**
   * Ends the operator's own halt causes, and the node's when what it halted over is gone (INV-14). Rejects when neither
   * stands, or the node's alone and it still holds. `confirmation` must equal `resumePhrase(networkName)`.
   */
  resume(by: Intervention, confirmation: string): Promise<void>;
  /** Newest first; works while the node is stopped. */
  auditLog(limit: number): Promise<readonly ChainedAuditEntry[]>;
  /** Recomputes every hash from the first entry on: how many hold, and the number of the first that doesn't. */
  verifyAudit(): Promise<{ readonly entries: number; readonly brokenAt: number | null }>;
  /** The operator's word that the cause of a signing freeze is explained. It ends nothing that still holds. */
  endFreeze(by: Intervention): Promise<void>;
  /**
   * New settings of the running execution client, JSON text with those to change: in force and kept for the next start
   * when it resolves. Rejects with the client's reasons when it refuses them, which changes nothing.
   */
  configureExecution(settings: string, by: Intervention): Promise<void>;
  /**
   * Writes a copy of the store, which signs nothing when it is restored (INV-11), into its folder; resolves with the
   * copy's path when it is on disk. The node goes on meanwhile; works while it is stopped.
   */
  backup(by: Intervention): Promise<string>;
  /**
   * Every problem found in the store's file, as sentences; none when it is whole. Nodes of the EVM's state are checked as
   * they are read, not here. Works while the node is stopped.
   */
  checkStore(by: Intervention): Promise<readonly string[]>;
}

/** What only a devnet can do. The wallets are the devnet's own: a Bitcoin wallet and an Alys account of one user. */
export interface DevnetControls {
  /**
   * Pays the federation from the user's Bitcoin wallet, naming the user's Alys account. Resolves when the transaction
   * is in the mempool; the devnet mines the blocks that its confirmation needs one after another.
   */
  deposit(amountSats: Sats): Promise<{ readonly txid: Txid }>;
  /**
   * Sends `requestPegOut` from the user's account over the wallet RPC. Resolves when the node took the transaction.
   * `destination` defaults to a fresh address of the user's Bitcoin wallet.
   */
  burn(amountSats: Sats, destination?: string): Promise<{ readonly evmTxHash: EvmTxHash }>;
  /** Mines 1 to 100 Bitcoin blocks at once; resolves with the new height. */
  mine(blocks: number): Promise<{ readonly height: number }>;
  /** Cuts or joins every libp2p link between the devnet's nodes. */
  setLinks(links: 'cut' | 'joined'): Promise<void>;
  wallets(): Promise<DevnetWallets>;
}

export interface DevnetWallets {
  readonly bitcoinAddress: string;
  readonly bitcoinBalanceSats: Sats;
  readonly evmAddress: string;
  readonly evmBalanceWei: Wei;
  /** Names of the devnet's nodes; the first is the one that this console operates. */
  readonly nodes: readonly string[];
  readonly links: 'cut' | 'joined';
}

/** Everything that a console host needs of one embedded node, whether or not it runs. */
export interface ConsoleSource {
  readonly nodeName: string;
  readonly networkName: string;
  readonly chainId: number;
  readonly version: string;
  readonly dataDir: string;
  /** Shared and local configuration without secrets, for the support bundle. */
  readonly publicConfig: Readonly<Record<string, unknown>>;
  /** Names of the authorities by index, of those who propose and vote for the block at `height`. */
  authorityNames(height: number): readonly string[];
  /** The running node; null while it is stopped. A new object after each start. */
  node(): ConsoleNode | null;
  /** Why the node stopped by itself; null while it runs, and when it was stopped. */
  failure(): string | null;
  readonly controls: NodeControls;
  /** Null on every network but an embedded devnet. */
  readonly devnet: DevnetControls | null;
  /** Stops the node and everything that was started for it. */
  close(): Promise<void>;
}

/** What the operator types to end a halt, so that it is never one click. */
export const resumePhrase = (networkName: string): string => `RESUME ${networkName}`;
