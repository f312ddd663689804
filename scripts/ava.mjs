// ava, in engines that are not Node: at its end it writes out V8's coverage, for which Bun and Deno have no function.
import v8 from 'node:v8'

v8.takeCoverage = () => {}
await import('../node_modules/ava/entrypoints/cli.mjs')
