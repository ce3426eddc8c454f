import { onTestFinished } from 'vitest';
import { type Store, type StoreOptions, openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { jsonCodec } from './sample-blocks.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A store in a folder of its own, closed with the test. A fatal error fails the test unless `onFatal` is given. */
export async function openSampleStore(
  options: Partial<StoreOptions> = {},
): Promise<Store & { readonly folder: string }> {
  const folder = options.folder ?? temporaryFolder();
  const onFatal = (error: Error): void => {
    throw error;
  };
  const store = await openStore({ onFatal, ...jsonCodec, ...options, folder });
  onTestFinished(() => store.close());
  return { ...store, folder };
}
