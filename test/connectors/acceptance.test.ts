import files from '../../connectors/files/index.ts';
import postgres from '../../connectors/postgres/index.ts';
import rest from '../../connectors/rest/index.ts';
import { acceptance } from '../../testing/acceptance.ts';
import { filesSubject } from '../support/files-system.ts';
import { postgresSubject } from '../support/postgres-system.ts';
import { restSystem } from '../support/rest-system.ts';

acceptance('rest', restSystem(rest.connector));
acceptance('postgres', postgresSubject(postgres.connector));
acceptance('files (csv)', filesSubject(files.connector, 'csv'));
acceptance('files (jsonl)', filesSubject(files.connector, 'jsonl'));
