import { destination, type Logger, pino } from 'pino';

/**
 * The log: one JSON line each, on stderr, so that stdout stays free for answers. What looks like a credential is
 * removed by its name, as the last guard: records and secrets are not to be logged in the first place (invariant 8).
 */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          ...credentialNames,
          ...credentialNames.map((name) => `*.${name}`),
          ...credentialNames.map((name) => `*.*.${name}`),
        ],
        censor: '[removed]',
      },
    },
    destination({ dest: 2, sync: true }),
  );
}

const credentialNames = ['authorization', 'password', 'token', 'secret', 'cookie', 'databaseUrl', 'apiKey'];
