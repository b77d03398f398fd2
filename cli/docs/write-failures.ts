import { writeFile } from 'node:fs/promises';
import { failuresPage } from '../../operations/docs/failures-page.ts';

/** Brings `docs/failures.md` to what the engine says: `npm run docs:failures`. */
await writeFile('docs/failures.md', failuresPage());
