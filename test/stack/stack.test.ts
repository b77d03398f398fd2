import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import proto from '@temporalio/proto';
import pg from 'pg';
import { searchAttribute } from '../../model/names.ts';
import {
  connectTemporal,
  missingSearchAttributes,
  registerSearchAttributes,
  type TemporalConnection,
} from '../../platform/temporal/connection.ts';
import { openStack, type Stack } from '../../stack/stack.ts';
import { noting, plainEnvironment, withFolder, withTakenPorts } from '../support/stack.ts';
import { testDatabaseServer, testTemporal } from '../support/temporal.ts';

async function withStack<T>(
  folder: string,
  env: NodeJS.ProcessEnv,
  work: (stack: Stack, notes: readonly string[]) => Promise<T>,
): Promise<T> {
  const progress = noting();
  const stack = await openStack({ projectFolder: folder, progress, env });
  try {
    return await work(stack, progress.lines);
  } finally {
    await stack.stop();
  }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('rows and workflows survive a restart of the embedded stack', async () => {
  await withFolder(async (folder) => {
    const workflowId = await withStack(folder, plainEnvironment(), async (stack) => {
      expect(stack.owned).toBe(true);
      await query(stack.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const temporal = await connectTemporal(stack.temporalAddress, stack.namespace);
      const started = await temporal.client.workflow.start('waits', {
        taskQueue: 'nobody',
        workflowId: 'kept',
        args: [],
      });
      await temporal.close();
      return started.workflowId;
    });
    await withStack(folder, plainEnvironment(), async (stack) => {
      expect(await query(stack.databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      const temporal = await connectTemporal(stack.temporalAddress, stack.namespace);
      expect((await temporal.client.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
      await temporal.close();
    });
  });
});

test('the embedded stack has its UI, its search attributes and a durable database', async () => {
  await withFolder((folder) =>
    withStack(folder, plainEnvironment(), async (stack) => {
      expect((await fetch(stack.uiUrl ?? '')).status).toBe(200);
      const temporal = await connectTemporal(stack.temporalAddress, stack.namespace);
      expect(await missingSearchAttributes(temporal)).toEqual([]);
      await temporal.close();
      expect(await query(stack.databaseUrl, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    }),
  );
});

test('taken ports are named, and others are used', async () => {
  await withFolder((folder) =>
    withTakenPorts([7233, 8233, 5432], () =>
      withStack(folder, plainEnvironment(), async (stack, notes) => {
        expect(notes.filter((line) => /^Port (7233|8233|5432) is taken/.test(line))).toHaveLength(3);
        expect(await query(stack.databaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      }),
    ),
  );
});

test('with only DATABASE_URL set, only Temporal is embedded', async () => {
  await withFolder((folder) =>
    withStack(folder, plainEnvironment({ DATABASE_URL: testDatabaseServer() }), async (stack) => {
      expect(stack.databaseUrl).toBe(testDatabaseServer());
      expect(stack.owned).toBe(true);
      expect(existsSync(path.join(folder, '.syncline/postgres'))).toBe(false);
      expect(existsSync(path.join(folder, '.syncline/temporal/temporal.db'))).toBe(true);
    }),
  );
});

test('with both addresses set, nothing is started and nothing is written', async () => {
  await withFolder((folder) =>
    withStack(
      folder,
      plainEnvironment({ DATABASE_URL: testDatabaseServer(), TEMPORAL_ADDRESS: testTemporal() }),
      async (stack) => {
        expect(stack.owned).toBe(false);
        expect(existsSync(path.join(folder, '.syncline'))).toBe(false);
      },
    ),
  );
});

test('a second command in the same project is told which process holds the services', async () => {
  await withFolder((folder) =>
    withStack(folder, plainEnvironment({ DATABASE_URL: testDatabaseServer() }), async () => {
      const second = openStack({ projectFolder: folder, progress: noting(), env: plainEnvironment() });
      await expect(second).rejects.toMatchObject({
        code: 'STACK_IN_USE',
        message: expect.stringContaining(`process ${process.pid}`),
      });
    }),
  );
});

test('a named Temporal that does not answer is named in the failure', async () => {
  await withFolder(async (folder) => {
    const env = plainEnvironment({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    await expect(openStack({ projectFolder: folder, progress: noting(), env })).rejects.toMatchObject({
      code: 'TEMPORAL_UNAVAILABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

test('a namespace that is not there is named, with the command that makes it', async () => {
  await expect(connectTemporal(testTemporal(), 'nowhere')).rejects.toMatchObject({
    code: 'TEMPORAL_UNAVAILABLE',
    message: expect.stringContaining('temporal operator namespace create -n nowhere'),
  });
});

test.each([
  ['a wrong password', (url: URL) => Object.assign(url, { password: 'not-the-password' }), 'password'],
  ['a missing database', (url: URL) => Object.assign(url, { pathname: '/nowhere' }), 'no such database'],
  ['a closed port', (url: URL) => Object.assign(url, { port: '1' }), 'nothing accepts connections'],
])('%s in DATABASE_URL is said without the password', async (_what, change, words) => {
  await withFolder(async (folder) => {
    const url = change(new URL(testDatabaseServer()));
    const env = plainEnvironment({ DATABASE_URL: url.href, TEMPORAL_ADDRESS: testTemporal() });
    const failure: unknown = await openStack({ projectFolder: folder, progress: noting(), env }).catch(
      (e: unknown) => e,
    );
    expect(failure).toMatchObject({ code: 'LEDGER_UNAVAILABLE', message: expect.stringContaining(words) });
    expect(String(failure)).not.toContain(url.password);
  });
});

test('search attributes that a namespace lacks are made, and making them again does nothing', async () => {
  const namespace = `own-${randomUUID()}`;
  const server = await connectTemporal(testTemporal());
  await server.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: {
      seconds: proto.google.protobuf.Duration.fromObject({ seconds: 86_400 }).seconds,
    },
  });
  const temporal = await untilConnected(namespace);
  expect(await missingSearchAttributes(temporal)).toEqual(Object.values(searchAttribute));
  await registerSearchAttributes(temporal);
  await registerSearchAttributes(temporal);
  expect(await missingSearchAttributes(temporal)).toEqual([]);
  await temporal.close();
  await server.close();
});

/** A server takes a moment to know a new namespace everywhere. */
async function untilConnected(namespace: string): Promise<TemporalConnection> {
  for (;;) {
    const temporal = await connectTemporal(testTemporal(), namespace).catch(() => null);
    if (temporal !== null) return temporal;
  }
}
