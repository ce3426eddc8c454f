import { lockFolder } from '../../../node-core/adapters/sqlite/folder-lock.ts';

lockFolder(process.argv[2] as string);
console.log('held');
setInterval(() => undefined, 60_000);
