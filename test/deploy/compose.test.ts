import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  composeDurationMs,
  imageVersion,
  interpolate,
  readComposeFile,
  startOrder,
} from '../../deploy/local/compose-file.ts';
import { type Ground, localHealthCheck, localProcess } from '../../deploy/local/ground.ts';
import { NAMESPACE, searchAttribute } from '../../model/names.ts';
import { readSettings } from '../../platform/foundation/config.ts';
import { workerEnv, workerNodeFlags } from '../../workers/node-flags.ts';
import { describeUnless } from '../support/skip.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const text = await readFile(path.join(root, 'docker-compose.yml'), 'utf8');
const file = readComposeFile(text, { SYNCLINE_PROJECT: '/srv/shop' });
const services = Object.entries(file.services);
const isJob = (restart: string) => restart.startsWith('on-failure');

const noDockerCompose = await run('docker-compose', ['version']).then(
  () => null,
  () => 'docker-compose is not installed (Debian: apt-get install docker-compose)',
);

describeUnless(noDockerCompose, 'docker-compose itself', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-compose-'));
    for (const part of ['docker-compose.yml', 'deploy'])
      await cp(path.join(root, part), path.join(folder, part), {
        recursive: true,
        filter: (from) => !from.includes('secrets/'),
      });
    await run('/bin/sh', ['deploy/make-secrets.sh'], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const config = (env: Record<string, string>) =>
    run('docker-compose', ['config'], { cwd: folder, env: { PATH: process.env['PATH'], ...env } });

  it('accepts the file and finds every service in it', async () => {
    const { stdout } = await config({ SYNCLINE_PROJECT: '/srv/shop' });
    const seen = z.object({ services: z.record(z.string(), z.unknown()) }).parse(parse(stdout));
    expect(Object.keys(seen.services).sort()).toEqual(Object.keys(file.services).sort());
  });

  it('gives each service the environment and command that the reader of this project sees', async () => {
    const { stdout } = await config({ SYNCLINE_PROJECT: '/srv/shop' });
    const words = z.array(z.string()).default([]);
    const part = z.object({
      environment: z.record(z.string(), z.string()).default({}),
      entrypoint: words,
      command: words,
    });
    const seen = z.object({ services: z.record(z.string(), part) }).parse(parse(stdout));
    for (const [name, { environment, entrypoint, command }] of services) {
      // From the workers' secrets file, which was made for this folder.
      const { SYNCLINE_KEY: key, ...stated } = seen.services[name]?.environment ?? {};
      expect({ ...seen.services[name], environment: stated }).toEqual({ environment, entrypoint, command });
      if ('SYNCLINE_PROJECT' in environment) expect(Buffer.from(key ?? '', 'base64').length).toBe(32);
    }
  });

  it('says what to set when no project is named', async () => {
    await expect(config({})).rejects.toThrow(/SYNCLINE_PROJECT/);
  });
});

describe('docker-compose.yml', () => {
  it('has the five services of Temporal, the databases, the schema job and two workers', () => {
    expect(startOrder(file).sort()).toEqual(
      [
        ...['databases', 'postgres', 'schema', 'temporal', 'temporal-namespace', 'temporal-schema'],
        ...['temporal-ui', 'worker'],
      ].sort(),
    );
    expect(file.services['worker']?.deploy.replicas).toBe(2);
  });

  it('starts a worker with the flags and the environment that a worker is measured with, as the image does', async () => {
    const command = ['node', ...workerNodeFlags, 'dist/workers/main.js'];
    expect(file.services['worker']?.command).toEqual(command);
    const image = await readFile(path.join(root, 'Dockerfile'), 'utf8');
    expect(JSON.parse(/^CMD (.*)$/m.exec(image)?.[1] ?? '')).toEqual(command);
    for (const [name, value] of Object.entries(workerEnv)) expect(image).toContain(`${name}=${value}`);
  });

  it.each(services)('%s runs an image of a fixed version', (_name, service) => {
    expect(imageVersion(service.image)).toMatch(/^\d+\.\d+/);
  });

  it.each(services.filter(([, { restart }]) => !isJob(restart)))('%s is checked and restarted', (_name, service) => {
    expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(services)('%s waits for jobs to succeed and for servers to be healthy', (_name, service) => {
    for (const [needed, { condition }] of Object.entries(service.depends_on)) {
      const job = isJob(file.services[needed]?.restart ?? '');
      expect(condition).toBe(job ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it('publishes nothing beyond this machine, as neither Temporal nor its UI asks who calls', () => {
    const raw = z
      .object({ services: z.record(z.string(), z.object({ ports: z.array(z.string()).default([]) })) })
      .parse(parse(text, { merge: true }));
    const published = Object.values(raw.services).flatMap(({ ports }) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('carries no secret in a variable, only the names of files', () => {
    const variables = services.flatMap(([, { environment }]) => Object.entries(environment));
    for (const [name, value] of variables.filter(([name]) => /PASSWORD|SECRET|TOKEN/.test(name))) {
      expect(name).toMatch(/_FILE$/);
      expect(value).toMatch(/^\/run\/secrets\//);
    }
    expect(text).not.toMatch(/:\/\/[^@\s/]+:[^@\s/]+@/);
  });

  it('makes the namespace and the search attributes that the engine uses', () => {
    const environment = file.services['temporal-namespace']?.environment ?? {};
    expect(environment['TEMPORAL_NAMESPACE']).toBe(NAMESPACE);
    expect(environment['SEARCH_ATTRIBUTES']?.split(' ').sort()).toEqual(Object.values(searchAttribute).sort());
  });

  it('lets a worker finish what it has begun before it is ended by force', () => {
    const settings = readSettings({ ...file.services['worker']?.environment });
    const graceMs = composeDurationMs(file.services['worker']?.stop_grace_period ?? '0s');
    expect(graceMs).toBeGreaterThan(settings.graceSeconds * 1000 + 10_000);
  });

  it('names only files that are there', async () => {
    const mounts = services.flatMap(([, { volumes }]) => volumes).filter((volume) => volume.startsWith('./'));
    expect(mounts.length).toBeGreaterThan(0);
    for (const mount of mounts) await stat(path.join(root, mount.split(':')[0] ?? ''));
    for (const [, service] of services)
      for (const part of [...service.entrypoint, ...service.command].filter((part) => part.startsWith('/etc/syncline')))
        await stat(path.join(root, 'deploy', path.relative('/etc/syncline', part)));
  });
});

describe('the image', () => {
  it('is built from a fixed version, runs as no root and lets every folder of the build in', async () => {
    const dockerfile = await readFile(path.join(root, 'Dockerfile'), 'utf8');
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(dockerfile.match(/^FROM .*$/gm)?.every((line) => /:\d+\.\d+\.\d+-/.test(line))).toBe(true);
    expect(last).toMatch(/^USER node$/m);
    const ignore = await readFile(path.join(root, '.dockerignore'), 'utf8');
    const build = JSON.parse(await readFile(path.join(root, 'tsconfig.build.json'), 'utf8'));
    for (const folder of build.include) expect(ignore).toMatch(new RegExp(`^!${folder}$`, 'm'));
    expect(ignore).not.toMatch(/^!deploy\/secrets|^!deploy$/m);
  });
});

describe('the reader of the Compose file', () => {
  it.each([
    [`\${NAME}`, 'value'],
    [`a\${NAME}b`, 'avalueb'],
    [`\${OTHER:-fallback}`, 'fallback'],
    [`\${NAME:-fallback}`, 'value'],
    [`\${OTHER}`, ''],
    ['$$NAME', '$NAME'],
    ['$NAME', '$NAME'],
  ])('reads %s as %s', (written, expected) => expect(interpolate(written, { NAME: 'value' })).toBe(expected));

  it('refuses a required variable that is not set', () => {
    expect(() => interpolate(`\${NAME:?say it}`, {})).toThrow('NAME is not set: say it');
  });

  it('refuses services that wait for each other, and for one that does not exist', () => {
    const service = (needed: string) => `{ image: a:1.0, depends_on: { ${needed}: { condition: service_healthy } } }`;
    const circle = readComposeFile(`services: { a: ${service('b')}, b: ${service('a')} }`, {});
    expect(() => startOrder(circle)).toThrow('a → b → a');
    const missing = readComposeFile(`services: { a: ${service('c')} }`, {});
    expect(() => startOrder(missing)).toThrow('c, which does not exist');
  });

  it.each([
    ['45s', 45_000],
    ['1m', 60_000],
    ['1m30s', 90_000],
  ])('reads the duration %s', (written, expected) => expect(composeDurationMs(written)).toBe(expected));
});

describe('a service without Docker', () => {
  const ground: Ground = {
    ports: new Map([
      ['postgres:5432', 15432],
      ['temporal:7233', 17233],
      ['temporal-ui:8080', 18080],
    ]),
    imagePaths: new Map([['/etc/temporal/schema/postgresql/v12', '/modules/schema']]),
    root: '/srv/syncline',
    secretsFolder: '/srv/secrets',
    volumesFolder: '/srv/volumes',
  };
  const local = (name: string) => {
    const service = file.services[name];
    if (service === undefined) throw new Error(`no ${name}`);
    return { ...localProcess(file, service, ground), check: localHealthCheck(file, service, ground) };
  };

  it('gets addresses, ports, files and secrets of this machine, and nothing else changes', () => {
    expect(local('temporal-schema')).toEqual({
      argv: ['/bin/sh', '/srv/syncline/deploy/temporal/setup-schema.sh'],
      env: {
        SQL_PLUGIN: 'postgres12',
        SQL_HOST: '127.0.0.1',
        SQL_PORT: '15432',
        SQL_USER: 'temporal',
        SQL_PASSWORD_FILE: '/srv/secrets/temporal_db_password',
        TEMPORAL_SCHEMA_DIR: '/modules/schema',
      },
      check: [],
    });
  });

  it('reaches the others on loopback', () => {
    expect(local('worker').env).toMatchObject({
      TEMPORAL_ADDRESS: '127.0.0.1:17233',
      DATABASE_URL: 'postgresql://syncline@127.0.0.1:15432/syncline?sslmode=disable',
      SYNCLINE_PROJECT: '/srv/shop',
    });
    expect(local('temporal').check).toEqual(['nc', '-z', '127.0.0.1', '17233']);
  });
});
