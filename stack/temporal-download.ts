import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { errorCode } from '../model/failure/error-code.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import { installInto } from './install-into.ts';

const run = promisify(execFile);

/** The service that the Temporal SDKs download the CLI from. */
const officialUrl = 'https://temporal.download/cli/default';

/** Without a network this ends soon; a slow network is not without one. */
const answerTimeoutMs = 5000;
const archiveTimeoutMs = 10 * 60 * 1000;

const downloadInfo = z.object({ archiveUrl: z.url(), fileToExtract: z.string().regex(/^[\w.-]+$/) });

const platforms: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Fetches the official Temporal CLI into `folder`; answers the path of the program. */
export async function downloadTemporal(
  { downloadUrl = officialUrl }: { readonly downloadUrl?: string },
  folder: string,
  progress: Progress,
): Promise<string> {
  const info = await askForArchive(downloadUrl);
  return progress.step('Downloading Temporal', (tell) =>
    installInto(folder, async (temporary) => {
      const archive = path.join(temporary, 'archive.tar.gz');
      await fetchArchive(info.archiveUrl, archive, (done, total) => tell({ done, total }));
      await run('tar', ['-xzf', archive, '-C', temporary, info.fileToExtract]);
      await rm(archive);
      await chmod(path.join(temporary, info.fileToExtract), 0o755);
      return info.fileToExtract;
    }),
  );
}

async function askForArchive(url: string): Promise<z.infer<typeof downloadInfo>> {
  const platform = platforms[process.platform];
  const arch = architectures[process.arch];
  if (platform === undefined || arch === undefined) throw new Error(`none for ${process.platform} ${process.arch}`);
  const query = new URLSearchParams({ platform, arch, format: 'tar.gz', 'sdk-name': 'temporal-typescript' });
  const answer = await fetch(`${url}?${query}`, { signal: AbortSignal.timeout(answerTimeoutMs) }).catch(unreachable);
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return downloadInfo.parse(await answer.json());
}

async function fetchArchive(url: string, file: string, tell: (done: number, total: number) => void): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(archiveTimeoutMs) }).catch(unreachable);
  if (!answer.ok || answer.body === null) throw new Error(`the archive answered ${answer.status}`);
  const total = Number(answer.headers.get('content-length') ?? 0);
  let done = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      done += chunk.byteLength;
      if (total > 0) tell(done, total);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(answer.body), counted, createWriteStream(file));
}

function unreachable(error: unknown): never {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? errorCode(error.cause) : undefined;
  throw new Error(`cannot be reached (${cause ?? 'no answer'})`);
}
