// Runs ava in Bun and Deno. When a test process ends, ava calls v8.takeCoverage(), which they lack.
import v8 from 'node:v8'

v8.takeCoverage = () => {}
await import('../../node_modules/ava/entrypoints/cli.mjs')
