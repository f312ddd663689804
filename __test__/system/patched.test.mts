import test from 'ava'
import { run, story } from '../support/child.mjs'
import { HOMES } from '../support/common.mjs'

for (const home of HOMES) {
  test(`what a program puts in the place of the engine's functions is given no view that nobody has asked for [${home}]`, async (t) => {
    const outcome = await run('patched', 'views', { home })
    t.is(outcome.code, 0, story(outcome))
    t.deepEqual(outcome.answer, { seen: [] }, story(outcome))
  })
}

test('what Object.prototype has is no answer of the addon and no option', async (t) => {
  const outcome = await run('patched', 'inherited')
  t.is(outcome.code, 0, story(outcome))
  t.deepEqual(outcome.answer, { code: 'none' }, story(outcome))
})
