import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { jsonCodec } from '../../support/store/sample-blocks.ts';

/** Writes values 1, 2, … and prints each acknowledgement, until the store fails; then prints how, and how it answers afterwards. */
const { port } = await openStore({
  folder: process.argv[2] as string,
  onFatal: ({ code }) => console.log(`fatal ${code}`),
  ...jsonCodec,
});
try {
  for (let id = 1; ; id++) {
    await port.putValue(`${id}`, 'x'.repeat(10_000));
    console.log(`value ${id}`);
  }
} catch {
  await port.putValue('after', '1').catch(({ code }: { code: string }) => console.log(`refused ${code}`));
  process.exit();
}
