import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { storeContract } from './store-contract.ts';

storeContract('the SQLite store', async () => {
  const store = await openSampleStore();
  return {
    port: store.port,
    async reopen() {
      await store.close();
      return (await openSampleStore({ folder: store.folder })).port;
    },
  };
});
