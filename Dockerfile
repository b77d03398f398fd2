# One image, its role chosen by the command: the worker (default), `node dist/workers/schema.js`, or the command line
# `node bin/syncline.js`. Debian, not Alpine: the Temporal SDK's native part needs glibc.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# What is optional stays out: the embedded PostgreSQL is a service of its own here, and nothing has to be compiled any more.
# The native part of the Temporal SDK comes for five platforms, 30 MB each; the image needs that of its own.
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund \
  && cd node_modules/@temporalio/core-bridge/releases && find . -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && test -f "$(uname -m)-unknown-linux-gnu/index.node"

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
