// `npm test`: what runs with the engine alone. Foreign programs are in test/real (jest.real.config.js).
// Real servers are slow to start once, so one Temporal and one PostgreSQL serve the whole run (test/support/global-setup.ts).
export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testMatch: ['<rootDir>/test/!(real)/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^syncline$': '<rootDir>/index.ts',
    '^syncline/testing$': '<rootDir>/testing/index.ts',
    '^syncline/connectors/(.*)$': '<rootDir>/connectors/$1/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/dist-lab/', '/\\.syncline/'],
  testSequencer: '<rootDir>/test/support/slowest-first.js',
  testTimeout: 60_000,
  maxWorkers: 2,
};
