import { dts } from 'rolldown-plugin-dts'

const banner = '// Generated from lib/ by `npm run build:lib`.'
// The generated binding stays a file of its own, beside the class.
const beside = {
  name: 'binding-beside',
  resolveId: (id) => (id.endsWith('/binding.js') ? { id: './binding.js', external: true } : null),
}

/** lib/ becomes index.js and index.d.ts. */
export default [
  {
    input: 'lib/index.ts',
    platform: 'node',
    plugins: [beside],
    output: { file: 'index.js', format: 'cjs', comments: { legal: false, annotation: false, jsdoc: false }, banner },
  },
  {
    input: { index: 'lib/index.ts' },
    plugins: [beside, dts({ oxc: true, emitDtsOnly: true })],
    output: { dir: '.', entryFileNames: '[name].js', postBanner: `${banner}\n/// <reference types="node" />` },
  },
]
