import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Kept apart: an authority that signs twice is written down, whatever else becomes of what it signed. */
const EVIDENCE = 'evidence';

/** What a node's database holds, read beside the node. */
export class StoreContent {
  readonly #db: Database.Database;
  #version = -1;
  #hash = '';

  constructor(folder: string) {
    this.#db = new Database(join(folder, 'node.db'), { readonly: true });
  }

  /** SHA-256 of every row of every table but the evidence; computed only when somebody wrote since the last time. */
  hash(): string {
    const version = this.#db.pragma('data_version', { simple: true }) as number;
    if (version === this.#version) return this.#hash;
    const tables = this.#db
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all()
      .filter(({ name }) => name !== EVIDENCE);
    const hash = createHash('sha256');
    for (const { name } of tables) {
      hash.update(name);
      const rows = this.#db.prepare<[], unknown[]>(`SELECT * FROM ${name} ORDER BY 1, 2`).raw();
      for (const row of rows.iterate())
        for (const value of row) {
          if (Buffer.isBuffer(value)) hash.update(value);
          else hash.update(`${typeof value}:${String(value)};`);
        }
    }
    this.#version = version;
    this.#hash = hash.digest('hex');
    return this.#hash;
  }

  /** Slots in which a key signed two votes, or two blocks, as far as they are kept. */
  evidenceRows(publicKey: string, kind: 'block' | 'vote'): number {
    const where = `FROM ${EVIDENCE} WHERE public_key = ? AND kind = ?`;
    return this.#db.prepare<[string, string], number>(`SELECT count(*) ${where}`).pluck().get(publicKey, kind) ?? 0;
  }

  close(): void {
    this.#db.close();
  }
}
