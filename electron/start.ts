import { type StartOptions, UsageError, parseOptions, usage } from './host/options.ts';

/** A wrong argument, or something that the operator can mend. */
const EXIT_REFUSED = 2;

async function start(options: StartOptions): Promise<void> {
  // The node is loaded only for arguments that can be used: a mistyped one is answered at once.
  const [{ run }, { failureLine }, { dataFolderOf }] = await Promise.all([
    import('./host/run.ts'),
    import('./host/failure-line.ts'),
    import('./host/open-source.ts'),
  ]);
  try {
    await run(options, { result: (line) => console.log(line), note: (line) => console.error(line) });
  } catch (error) {
    const line = failureLine(error, options.port, dataFolderOf(options));
    console.error(line ?? error);
    process.exit(line === null ? 1 : EXIT_REFUSED);
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) console.log(usage);
  else await start(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exit(EXIT_REFUSED);
}
