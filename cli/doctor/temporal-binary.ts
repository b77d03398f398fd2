import { homedir } from 'node:os';
import { type Finding, failed, ok, skipped, warning } from '../../operations/doctor/finding.ts';
import { findTemporal } from '../../stack/temporal-binary.ts';
import { findGo } from '../../stack/temporal-build.ts';

const part = 'Temporal';

/** No server is up: whether one could be started. */
export async function checkTemporalBinary(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const ui = skipped('Temporal UI', 'starts with `syncline dev`');
  try {
    const { found, tried } = await findTemporal({ env, home: homedir() });
    if (found !== null) return [ok(part, `${found.path}, server ${found.serverVersion}; not running now`), ui];
    const go = await findGo(env);
    const first = `no program is at hand (${tried.join('; ')})`;
    if (go !== null) {
      return [
        warning(
          part,
          first,
          `Nothing: the first start downloads it, or builds it with Go ${go.version} in three to four minutes.`,
        ),
        ui,
      ];
    }
    return [
      warning(
        part,
        first,
        'The first start downloads it. Without a network: install the Temporal CLI (https://docs.temporal.io/cli) or Go.',
      ),
      ui,
    ];
  } catch (error) {
    return [
      failed(part, error instanceof Error ? error.message : String(error), 'Mend or unset TEMPORAL_CLI_PATH.'),
      ui,
    ];
  }
}
