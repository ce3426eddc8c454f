/** How far an operation's record is on disk. Effects wait until what led to them is (architecture.md, The actor contract). */
export interface RecordKeeping {
  /** Counts the changes of this generation's record. */
  version: number;
  durable: number;
}

export const nothingToKeep = (): RecordKeeping => ({ version: 0, durable: 0 });

export const isOnDisk = ({ version, durable }: RecordKeeping): boolean => durable === version;

/** Notes the store's answer to the writing of version `key`; true when the newest is on disk, so that its effects may run. */
export function noteWritten(keeping: RecordKeeping, key: string): boolean {
  keeping.durable = Math.max(keeping.durable, Number(key));
  return isOnDisk(keeping);
}
