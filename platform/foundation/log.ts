import { destination, type Logger, pino } from 'pino';
import { secretsOfProcess } from '../secrets/known.ts';

/**
 * The log: one JSON line each, on stderr, so that stdout stays free for answers. What looks like a credential is
 * removed by its name and by its value, as the last guard: records and secrets are not to be logged in the first place (invariant 8).
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
    masked(destination({ dest: 2, sync: true })),
  );
}

/** Each line without the secrets that this process has read, whatever name they stood under. */
const masked = (lines: { write(line: string): unknown }): { write(line: string): void } => ({
  write: (line) => void lines.write(secretsOfProcess.mask(line)),
});

const credentialNames = ['authorization', 'password', 'token', 'secret', 'cookie', 'databaseUrl', 'apiKey'];
