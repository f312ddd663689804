import { dts } from 'rolldown-plugin-dts'

const banner = '// Generated from lib/ by `npm run build:lib`.'
// The packages of the binaries, of which a user has one: they are loaded at run time.
const external = /^@memmap\//

/** Makes index.js and index.d.ts of lib/. */
export default [
  {
    input: 'lib/index.ts',
    platform: 'node',
    external,
    output: { file: 'index.js', format: 'cjs', comments: { legal: false, annotation: false, jsdoc: false }, banner },
  },
  {
    input: { index: 'lib/index.ts' },
    plugins: [dts({ oxc: true, emitDtsOnly: true })],
    output: { dir: '.', entryFileNames: '[name].js', postBanner: `${banner}\n/// <reference types="node" />` },
  },
]
