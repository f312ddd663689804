import { dts } from 'rolldown-plugin-dts'

const banner = '// Generated from lib/ by `npm run build:lib`.'
// The binaries' packages are there at run time, one of them.
const external = /^@memmap\//

/** lib/ becomes index.js and index.d.ts. */
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
