import { parse } from 'yaml';
import { z } from 'zod';

/** The part of the Compose format that docker-compose.yml uses. Other keys concern containers only and are ignored. */
const condition = z.enum(['service_healthy', 'service_completed_successfully', 'service_started']);

const service = z.object({
  image: z.string(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition })).default({}),
  deploy: z.object({ replicas: z.int().positive() }).default({ replicas: 1 }),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  restart: z.string().default('no'),
  stop_grace_period: z.string().default('10s'),
});
export type ComposeService = z.infer<typeof service>;

const composeFile = z.object({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.object({ file: z.string() })).default({}),
});
export type ComposeFile = z.infer<typeof composeFile>;

/** Reads a Compose file. `env` fills in `${NAME}`. Throws on a missing required variable or an unknown form. */
export function readComposeFile(text: string, env: Readonly<Record<string, string | undefined>>): ComposeFile {
  return composeFile.parse(interpolated(parse(text, { merge: true }), env));
}

function interpolated(value: unknown, env: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === 'string') return interpolate(value, env);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item, env)]));
}

const variable = /\$(?:\$|\{(?<name>\w+)(?:(?<operator>:-|:\?)(?<rest>[^}]*))?\})/g;

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$`, as the Compose specification defines them. */
export function interpolate(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(variable, (whole, ...matched) => {
    if (whole === '$$') return '$';
    const { name, operator, rest } = z
      .object({ name: z.string(), operator: z.string().optional(), rest: z.string().optional() })
      .parse(matched.at(-1));
    const value = env[name];
    if (value) return value;
    if (operator === ':-') return rest ?? '';
    if (operator === ':?') throw new Error(`${name} is not set: ${rest ?? ''}`);
    return '';
  });
}

/** The services in an order in which each comes after all that it waits for. Throws when they wait in a circle. */
export function startOrder(file: ComposeFile): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) throw new Error(`services wait in a circle: ${[...path, name].join(' → ')}`);
    const found = file.services[name];
    if (found === undefined) throw new Error(`${path.at(-1) ?? 'a service'} waits for ${name}, which does not exist`);
    for (const needed of Object.keys(found.depends_on)) visit(needed, [...path, name]);
    order.push(name);
  };
  for (const name of Object.keys(file.services)) visit(name, []);
  return order;
}

/** The version behind the name of an image: `temporalio/admin-tools:1.29.1-tctl-1.18.4-cli-1.5.0` → `1.29.1`. */
export function imageVersion(image: string): string {
  const version = /:(\d+(?:\.\d+)+)/.exec(image)?.[1];
  if (version === undefined) throw new Error(`the image ${image} is not pinned to a version`);
  return version;
}

/** `30s`, `1m`, `1m30s` in milliseconds. */
export function composeDurationMs(text: string): number {
  const found = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (found === null || text === '') throw new Error(`${text} is not a duration such as 1m30s`);
  return (Number(found[1] ?? 0) * 60 + Number(found[2] ?? 0)) * 1000;
}
