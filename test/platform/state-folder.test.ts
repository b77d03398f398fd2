import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createStateFolder } from '../../platform/foundation/state-folder.ts';
import { withFolder } from '../support/stack.ts';

test('a project in which nothing can be written is told apart from a defect of the engine', () =>
  withFolder(async (folder) => {
    await writeFile(path.join(folder, '.syncline'), 'in the way');
    await expect(createStateFolder(folder)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringMatching(/\.syncline, cannot be written to \(EEXIST\)$/),
    });
  }));

test('a folder for data that is there already is taken as it is', () =>
  withFolder(async (folder) => {
    await createStateFolder(folder);
    await expect(createStateFolder(folder)).resolves.toBe(path.join(folder, '.syncline'));
  }));
