import { promisify } from 'node:util';
import { brotliDecompress, inflateRaw } from 'node:zlib';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Pool } from 'pg';
import { keyring } from '../../platform/crypto/keyring.ts';
import { openDetail } from '../../platform/outbound/journal/entry.ts';

const inflate = promisify(inflateRaw);
const unbrotli = promisify(brotliDecompress);

/** Every value of every table of the ledger, as text: what is compressed is opened, and so is what is sealed in the journal. */
export async function everythingInLedger(pool: Pool, engineKey: Buffer): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'syncline'`,
  );
  const ring = keyring([engineKey]);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<Record<string, unknown>>(`select * from syncline.${name}`);
    for (const row of rows)
      for (const [column, value] of Object.entries(row)) {
        found.push(`${name}.${column}: ${Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value)}`);
        if (!Buffer.isBuffer(value)) continue;
        for (const open of [inflate, unbrotli]) found.push(await open(value).then(String, () => ''));
        if (name === 'calls') found.push(JSON.stringify(await openDetail(value, ring)));
      }
  }
  return found.join('\n');
}

/** Every event of every run of these syncs, with payloads as the text that they are. */
export async function everythingInHistory(client: Client, syncs: readonly string[]): Promise<string> {
  const found: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: 'WorkflowType = "sync"' })) {
    if (!syncs.some((sync) => workflowId.startsWith(`sync:${sync}:`))) continue;
    const history = historyToJSON(await client.workflow.getHandle(workflowId, runId).fetchHistory());
    found.push(
      history.replaceAll(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_whole, data) => Buffer.from(data, 'base64').toString()),
    );
  }
  return found.join('\n');
}
