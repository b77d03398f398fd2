import engine from './jest.config.js';

// `npm run test:real`: against programs and data of other people, some of which are built with Go the first time.
export default {
  ...engine,
  testMatch: ['<rootDir>/test/real/*.test.ts'],
};
